import type { Reference, RowValue } from '../../schema/contract/model.ts';
import { badInput } from './bad-input.ts';
import { requireEntityType, type EntityType } from './entity-types.ts';
import type { Bound, Comparison, Condition } from './fetch.ts';
import { parseText, valueParser } from './parse-value.ts';
import type { Selection } from './selection.ts';
import { converted } from './slot.ts';
import { familyOf, parameterType } from './values.ts';

type Filter = Readonly<Record<string, unknown>>;

const COMPARISONS: Readonly<Record<string, Comparison>> = { eq: '=', lt: '<', lte: '<=', gt: '>', gte: '>=' };

/** Where a filter's text stands in a LIKE pattern. */
const WITHIN: Readonly<Record<string, (escaped: string) => string>> = {
  contains: (escaped) => `%${escaped}%`,
  startsWith: (escaped) => `${escaped}%`,
  endsWith: (escaped) => `%${escaped}`,
};

/** Deeper nesting of `and`, `or` and `not` than any screen of filters makes. */
const DEPTH_MAX = 20;

/**
 * A `where` argument -> a condition, or null where it asks nothing. Logic is two-valued: `ne`, `notIn` and `not` are
 * complements, so they hold where the value is missing; everything else does not. A null in place of a filter is no
 * condition; in place of a value it is refused, for `isNull` is the way to ask.
 */
export function readWhere(reading: WhereReading, place: string, entity: EntityType, where: unknown): Condition | null {
  if (where === null || where === undefined) return null;
  return objectCondition(reading, { place, entity, depth: 0, related: 0 }, where as Filter);
}

/** What a filter is read with. */
export type WhereReading = Pick<Selection, 'types' | 'limits'>;

/** A filter's place, the type that it is of, and how deep it lies: in all, and in related objects. */
interface At {
  readonly place: string;
  readonly entity: EntityType;
  readonly depth: number;
  readonly related: number;
}

function objectCondition(reading: WhereReading, at: At, filter: Filter): Condition {
  const { place, entity, depth, related } = at;
  if (depth > DEPTH_MAX) throw badInput(place, `nests and, or and not deeper than ${DEPTH_MAX} levels.`);
  const { relatedDepthMax } = reading.limits;
  if (related > relatedDepthMax)
    throw badInput(place, `nests related objects deeper than ${relatedDepthMax} levels; ask in two queries.`);
  const below = (value: unknown): Condition => objectCondition(reading, { ...at, depth: depth + 1 }, value as Filter);
  const of: Condition[] = [];
  for (const [name, value] of Object.entries(filter)) {
    if (value === null || value === undefined) continue;
    const meaning = entity.fields.get(name);
    const property = meaning === undefined ? dimensionOf(entity, name) : meaning.kind === 'column' && meaning.property;
    if (property) of.push(propertyCondition(`${place}.${name}`, property, value as Filter));
    else if (name === 'and' || name === 'or') of.push({ kind: name, of: (value as unknown[]).map(below) });
    else if (name === 'not') of.push({ kind: 'not', of: below(value) });
    else if (meaning?.kind === 'reference')
      of.push(relatedCondition(reading, at, { reference: meaning.reference, to: 'referred' }, value as Filter));
    else if (meaning?.kind === 'connection') of.push(listCondition(reading, at, meaning.reference, value as Filter));
    else throw badInput(place, `cannot filter by ${name}.`);
  }
  return { kind: 'and', of };
}

function dimensionOf({ object }: EntityType, name: string): RowValue | undefined {
  return object.dimensions.find(({ field }) => field === name);
}

type Relation = Pick<Condition & { kind: 'related' }, 'reference' | 'to'>;

/** An empty filter asks that there is such a row. */
function relatedCondition(
  reading: WhereReading,
  { place, depth, related }: At,
  { reference, to }: Relation,
  filter: Filter,
  { complement }: { complement: boolean } = { complement: false },
): Condition {
  const [object, field] =
    to === 'referred' ? [reference.to, reference.field] : [reference.from, reference.reverseField];
  const entity = requireEntityType(reading.types, object.type);
  if (entity.table === null) throw new Error(`${object.type} has no table here`);
  const at = { place: `${place}.${field}`, entity, depth: depth + 1, related: related + 1 };
  const of = objectCondition(reading, at, filter);
  return { kind: 'related', reference, to, table: entity.table, of: complement ? { kind: 'not', of } : of };
}

/** `some`, `none` and `every` of the rows that refer to a row; of none, `none` and `every` hold. */
function listCondition(reading: WhereReading, at: At, reference: Reference, filter: Filter): Condition {
  const relation: Relation = { reference, to: 'referring' };
  const of: Condition[] = [];
  for (const [word, value] of Object.entries(filter)) {
    if (value === null || value === undefined) continue;
    const related = relatedCondition(reading, at, relation, value as Filter, { complement: word === 'every' });
    of.push(word === 'some' ? related : { kind: 'not', of: related });
  }
  return { kind: 'and', of };
}

function propertyCondition(place: string, property: RowValue, filter: Filter): Condition {
  const of = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .map(([operator, value]) => operatorCondition(`${place}.${operator}`, property, operator, value));
  return { kind: 'and', of };
}

function operatorCondition(place: string, property: RowValue, operator: string, value: unknown): Condition {
  if (value === null) throw badInput(place, 'cannot be null; ask for missing values by isNull.');
  const comparison = Object.hasOwn(COMPARISONS, operator) ? COMPARISONS[operator] : undefined;
  if (comparison !== undefined) return compare(place, property, comparison, value);
  const within = Object.hasOwn(WITHIN, operator) ? WITHIN[operator] : undefined;
  if (within !== undefined) return like(property, 'like', value, (found) => within(escapeLike(text(place, found))));
  switch (operator) {
    case 'ne':
      return { kind: 'not', of: compare(place, property, '=', value) };
    case 'in':
      return oneOf(place, property, value);
    case 'notIn':
      return { kind: 'not', of: oneOf(place, property, value) };
    case 'like':
    case 'ilike':
      return like(property, operator, value, (found) => pattern(place, text(place, found)));
    case 'isNull': {
      const missing: Condition = { kind: 'isNull', property };
      return value === true ? missing : { kind: 'not', of: missing };
    }
    default:
      throw badInput(place, 'is no condition of this property.');
  }
}

function compare(place: string, property: RowValue, operator: Comparison, value: unknown): Condition {
  const of = converted(value, binding(place, property));
  return { kind: 'compare', property, operator, value: { of, pgType: parameterType(property) } };
}

function like(
  property: RowValue,
  operator: 'like' | 'ilike',
  value: unknown,
  pattern: (value: unknown) => string,
): Condition {
  return { kind: 'compare', property, operator, value: { of: converted(value, pattern), pgType: 'text' } };
}

function oneOf(place: string, property: RowValue, values: unknown): Condition {
  const bind = binding(place, property);
  const items = (found: unknown) => (found as readonly unknown[]).map(bind);
  const value: Bound = { of: converted(values, items), pgType: `${parameterType(property)}[]` };
  return { kind: 'oneOf', property, value };
}

function binding(place: string, property: RowValue): (value: unknown) => string {
  const parse = valueParser(property);
  return (value) => {
    const text = parse(value);
    if (text === null)
      throw badInput(place, `is compared with ${familyOf(property)} values, and ${shown(value)} is none.`);
    return text;
  };
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (character) => `\\${character}`);
}

function pattern(place: string, text: string): string {
  const trailing = /\\*$/.exec(text)![0].length;
  if (trailing % 2 === 1) throw badInput(place, 'ends in a backslash that escapes nothing; write it twice.');
  return text;
}

function text(place: string, value: unknown): string {
  const parsed = parseText(String(value));
  if (parsed === null) throw badInput(place, `is compared with text values, and ${shown(value)} is none.`);
  return parsed;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
