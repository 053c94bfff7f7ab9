import { createHash } from 'node:crypto';
import type { SchemaObject } from '../../schema/contract/model.ts';
import { badInput } from './bad-input.ts';
import type { Bound, Order, Page } from './fetch.ts';
import type { Limits } from './limits.ts';
import { familyOf, parameterType } from './values.ts';
import { parseDecimal, parseText } from './parse-value.ts';

/**
 * `first` and `after` -> a page. A cursor is opaque: base64url of a JSON array of the ordering's mark and, for each of its
 * terms, the row's value as Postgres writes it (null where there is none). It says a place in the ordering, not a row:
 * rows that come or go, the cursor's own too, neither repeat nor hide others.
 */
export function readPage(
  place: string,
  object: SchemaObject,
  order: Order,
  args: Readonly<Record<string, unknown>>,
  limits: Limits,
): Page {
  const after = args['after'];
  return {
    first: readFirst(place, args['first'], limits),
    after: typeof after === 'string' ? readCursor(`${place}(after:)`, object, order, after) : null,
  };
}

/** A page size within the limits; the default where none is given. */
export function readFirst(place: string, first: unknown, limits: Limits): number {
  const size = typeof first === 'number' ? first : limits.pageDefault;
  if (size < 0) throw badInput(`${place}(first:)`, `is ${size}; a page has 0 rows or more.`);
  if (size > limits.pageMax)
    throw badInput(`${place}(first:)`, `is ${size}; a page has at most ${limits.pageMax} rows: page on by after.`);
  return size;
}

/** What binds a cursor to its ordering: eight letters that another type or ordering does not have. */
export function orderMark(object: SchemaObject, order: Order): string {
  const text = [object.type, ...order.map(({ property, direction }) => `${property.name} ${direction}`)].join('\n');
  return createHash('sha256').update(text).digest('base64url').slice(0, 8);
}

function readCursor(place: string, object: SchemaObject, order: Order, cursor: string): (Bound | null)[] {
  const [mark, ...values] = cursorItems(cursor) ?? [];
  if (mark === undefined) throw badInput(place, 'is no cursor; take one from edges or pageInfo.');
  if (mark !== orderMark(object, order) || values.length !== order.length)
    throw badInput(place, 'is a cursor of another list or orderBy; ask for it with the same ones.');
  return order.map(({ property }, index) => {
    const value = values[index] ?? null;
    if (value === null) return null;
    if (!storedValue(familyOf(property), value))
      throw badInput(place, 'is no cursor; take one from edges or pageInfo.');
    return { value, pgType: parameterType(property) };
  });
}

function cursorItems(cursor: string): (string | null)[] | null {
  try {
    const items: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(items) && items.every((item) => item === null || typeof item === 'string') ? items : null;
  } catch {
    return null;
  }
}

/** Postgres writes values differently from the graph (`infinity`, `2001-01-01 00:00:00`): checked loosely, cast strictly. */
function storedValue(family: ReturnType<typeof familyOf>, text: string): boolean {
  switch (family) {
    case 'integer':
      return /^-?\d{1,19}$/.test(text);
    case 'numeric':
      return parseDecimal(text) !== null || /^(NaN|-?Infinity)$/.test(text);
    case 'float':
      return /^(-?\d+(\.\d+)?(e[+-]?\d+)?|NaN|-?Infinity)$/.test(text);
    case 'boolean':
      return text === 'true' || text === 'false';
    case 'text':
      return parseText(text) !== null;
    default:
      return /^[\dA-Za-z :.+-]{1,64}$/.test(text);
  }
}
