import type { Property, SchemaObject } from '../../schema/contract/model.ts';
import { badInput } from './bad-input.ts';
import type { Bound, Comparison, Condition } from './fetch.ts';
import { dataValue, parseText, parseValue } from './parse-value.ts';
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
export function readWhere(place: string, object: SchemaObject, where: unknown): Condition | null {
  if (where === null || where === undefined) return null;
  return objectCondition(place, object, where as Filter, 0);
}

function objectCondition(place: string, object: SchemaObject, filter: Filter, depth: number): Condition {
  if (depth > DEPTH_MAX) throw badInput(place, `nests and, or and not deeper than ${DEPTH_MAX} levels.`);
  const of: Condition[] = [];
  for (const [name, value] of Object.entries(filter)) {
    if (value === null || value === undefined) continue;
    const property = object.properties.find((candidate) => candidate.field === name);
    if (property !== undefined) of.push(propertyCondition(`${place}.${name}`, property, value as Filter));
    else if (name === 'and' || name === 'or')
      of.push({ kind: name, of: (value as Filter[]).map((item) => objectCondition(place, object, item, depth + 1)) });
    else if (name === 'not') of.push({ kind: 'not', of: objectCondition(place, object, value as Filter, depth + 1) });
    else throw badInput(place, `cannot filter by ${name}.`);
  }
  return { kind: 'and', of };
}

function propertyCondition(place: string, property: Property, filter: Filter): Condition {
  const of = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .map(([operator, value]) => operatorCondition(`${place}.${operator}`, property, operator, value));
  return { kind: 'and', of };
}

function operatorCondition(place: string, property: Property, operator: string, value: unknown): Condition {
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

function compare(place: string, property: Property, operator: Comparison, value: unknown): Condition {
  const of = converted(value, (found) => bindable(place, property, found));
  return { kind: 'compare', property, operator, value: { of, pgType: parameterType(property) } };
}

function like(
  property: Property,
  operator: 'like' | 'ilike',
  value: unknown,
  pattern: (value: unknown) => string,
): Condition {
  return { kind: 'compare', property, operator, value: { of: converted(value, pattern), pgType: 'text' } };
}

function oneOf(place: string, property: Property, values: unknown): Condition {
  const items = (found: unknown) => (found as readonly unknown[]).map((item) => bindable(place, property, item));
  const value: Bound = { of: converted(values, items), pgType: `${parameterType(property)}[]` };
  return { kind: 'oneOf', property, value };
}

function bindable(place: string, property: Property, value: unknown): string {
  const text = parseValue(property, dataValue(property, value));
  if (text === null)
    throw badInput(place, `is compared with ${familyOf(property)} values, and ${shown(value)} is none.`);
  return text;
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
