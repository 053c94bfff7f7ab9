import type { Property, SourceObject, SourceProperty } from './model.ts';
import { folded } from './names.ts';

/** Bare words that are SQL and no columns. */
const SQL_WORDS = new Set([
  'null',
  'true',
  'false',
  'current_date',
  'current_timestamp',
  'localtimestamp',
  'current_time',
  'localtime',
]);

/** What an output property is made of, in an object without `transform.sql`. */
export type Origin<Input extends Property = Property> =
  | { readonly kind: 'column'; readonly input: Input }
  | { readonly kind: 'expression'; readonly sql: string }
  | { readonly kind: 'unknown'; readonly name: string };

/** The columns of a source as SQL sees them: its own, and the times of a history. */
export function columnsSeen({ properties, validity }: SourceObject): readonly (SourceProperty | Property)[] {
  return [...properties, ...validity];
}

/** Without `transformLogic` the input's property of the same name; a bare name is that property; all else is SQL. */
export function originOf<Input extends Property>(
  property: Property,
  input: { readonly properties: readonly Input[] },
): Origin<Input> {
  const logic = property.transformLogic;
  if (logic !== null && (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(logic) || SQL_WORDS.has(logic.toLowerCase())))
    return { kind: 'expression', sql: logic };
  const name = logic ?? property.name;
  const found =
    input.properties.find((candidate) => candidate.name === name || candidate.column === name) ??
    input.properties.find(
      (candidate) => folded(candidate.name) === folded(name) || folded(candidate.column) === folded(name),
    );
  return found === undefined ? { kind: 'unknown', name } : { kind: 'column', input: found };
}
