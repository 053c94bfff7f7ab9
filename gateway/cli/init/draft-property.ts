import type { DescribedColumn, DescribedObject } from './described.ts';
import { counted, distinctOf, isDistinct, isIdentifier } from './draft-key.ts';
import { guess, noted } from './guessed-yaml.ts';
import { looksPersonal } from './classification.ts';
import type { GuessedReference } from './guess-references.ts';

type Yaml = Readonly<Record<string, unknown>>;

/** A column's draft: the same property as it comes in and as it goes out. */
export interface DraftProperty {
  readonly name: string;
  /** Its name where it lies, where that is another one. */
  readonly physicalName: string | undefined;
  readonly input: Yaml;
  readonly output: Yaml;
}

/** More values are no list that somebody keeps. */
const ENUM_LIMIT = 20;
/** A list of values is believed where each stood in ten rows, on average. */
const ROWS_FOR_A_VALUE = 10;
/** Below this, all values of a column differ by chance. */
const ROWS_FOR_UNIQUE = 100;
const VALUE_LIMIT = 60;
/** Enough to see what is meant. */
const EXAMPLES = 3;

/** What is known and guessed of one column. `key`: its place in the key from 1, with the evidence where that is guessed. */
export function draftProperty(
  column: DescribedColumn,
  name: string,
  context: {
    readonly object: DescribedObject;
    readonly key: { readonly position: number; readonly isAlone: boolean; readonly guess: string | null } | null;
    readonly reference: GuessedReference | null;
  },
): DraftProperty {
  const { object, key, reference } = context;
  const base = {
    logicalType:
      column.typeEvidence === null ? column.type.logicalType : guess(column.type.logicalType, column.typeEvidence),
    physicalType: column.type.physicalType,
  };
  const required = requiredOf(column, object, key !== null);
  const values = key?.isAlone === true ? undefined : enumOf(column, object);
  const physicalName = name === column.name ? undefined : column.name;
  return {
    name,
    physicalName,
    input: {
      name,
      physicalName,
      ...base,
      items: column.type.items,
      required,
    },
    output: {
      name,
      description: column.description ?? undefined,
      ...base,
      items: column.type.items,
      ...(key !== null && {
        primaryKey: key.guess === null ? true : guess(true, key.guess),
        primaryKeyPosition: key.position,
      }),
      required,
      unique: uniqueOf(column, key?.isAlone === true),
      classification: classificationOf(column),
      enum: values,
      examples: values === undefined ? examplesOf(column) : undefined,
      relationships: reference === null ? undefined : relationshipsOf(reference),
    },
  };
}

function requiredOf(column: DescribedColumn, object: DescribedObject, isKey: boolean): unknown {
  const { declared, seen } = column;
  if (declared.required === true) return true;
  if (declared.required === undefined && seen !== null && seen.rows > 0 && seen.nulls === 0)
    return guess(true, `none is empty in ${object.basis}`);
  if (isKey) return guess(true, 'a key has a value in every row');
  return undefined;
}

function uniqueOf(column: DescribedColumn, isKey: boolean): unknown {
  if (isKey) return undefined;
  if (column.declared.unique === true) return true;
  const isLikely = isIdentifier(column.name) && isDistinct(column) && (column.seen?.rows ?? 0) >= ROWS_FOR_UNIQUE;
  return isLikely ? guess(true, distinctOf(column)) : undefined;
}

function classificationOf(column: DescribedColumn): unknown {
  const why = personal(column);
  return why === null
    ? guess('internal', 'nothing says that it is of persons')
    : guess('confidential', `it may be of persons: ${why}`);
}

function enumOf(column: DescribedColumn, object: DescribedObject): unknown {
  const { declared, seen, type } = column;
  if (type.logicalType !== 'string' || type.physicalType === 'uuid') return undefined;
  if (declared.values !== undefined)
    return declared.values.length > 0 ? declared.values.map((value) => ({ value })) : undefined;
  const values = seen?.values ?? [];
  if (seen === null || values.length < 2 || values.length > ENUM_LIMIT || personal(column) !== null) return undefined;
  if (values.some((value) => value.length > VALUE_LIMIT) || seen.rows - seen.nulls < values.length * ROWS_FOR_A_VALUE)
    return undefined;
  // Of a part of the rows a list would be a promise about the others.
  if (!object.whole) return undefined;
  return guess(
    values.map((value) => ({ value })),
    `${counted(values.length)} different values in ${object.basis}; a further one would be refused`,
  );
}

/** None of persons: a contract is read by many. */
function examplesOf(column: DescribedColumn): unknown {
  const examples = column.seen?.examples ?? [];
  if (examples.length === 0) return column.seen === null ? undefined : noted([], 'no value was seen');
  if (personal(column) !== null) return undefined;
  return examples.slice(0, EXAMPLES).map((value) => (typeof value === 'string' ? value.slice(0, VALUE_LIMIT) : value));
}

function personal({ name, seen }: DescribedColumn): string | null {
  return looksPersonal(name, seen?.examples ?? []);
}

function relationshipsOf({ to, product, graphqlName, evidence }: GuessedReference): unknown {
  const custom = [
    ...(product === null ? [] : [{ property: 'product', value: product }]),
    ...(graphqlName === null ? [] : [{ property: 'graphqlName', value: graphqlName }]),
  ];
  const relation = { to, customProperties: custom.length === 0 ? undefined : custom };
  return evidence === null ? [relation] : guess([relation], evidence);
}
