import { createHash } from 'node:crypto';
import type { SchemaObject } from '../../schema/contract/model.ts';
import { badInput } from './bad-input.ts';
import type { Amount, Cursor, Order, Page } from './fetch.ts';
import type { Limits } from './limits.ts';
import { parseDecimal, parseText } from './parse-value.ts';
import { converted } from './slot.ts';
import { familyOf, parameterType } from './values.ts';

/**
 * `first` and `after`, `last` and `before` -> a page. A cursor is opaque: the ordering's mark and, for each of its terms after a
 * comma, the row's value as Postgres writes it (condition-sql.ts). It says a place in the ordering, not a row: rows that come or
 * go, the cursor's own too, neither repeat nor hide others.
 */
export function readPage(
  place: string,
  object: SchemaObject,
  order: Order,
  args: Readonly<Record<string, unknown>>,
  limits: Limits,
): Page {
  const { first, last } = args;
  const backward = last !== undefined && last !== null;
  if (backward && first !== undefined && first !== null)
    throw badInput(place, 'has first and last: ask for the one or the other.');
  const cursor = (name: 'after' | 'before'): Cursor | null =>
    args[name] === undefined || args[name] === null
      ? null
      : readCursor(`${place}(${name}:)`, object, order, args[name]);
  return {
    size: backward ? readSize(`${place}(last:)`, last, limits) : readSize(`${place}(first:)`, first, limits),
    backward,
    after: cursor('after'),
    before: cursor('before'),
  };
}

/** A number of rows within the limits; the default where none is given. */
export function readSize(place: string, size: unknown, { pageDefault, pageMax }: Limits): Amount {
  return converted(size ?? pageDefault, (value) => {
    const rows = Number(value);
    if (rows < 0) throw badInput(place, `is ${rows}; a page has 0 rows or more.`);
    if (rows > pageMax) throw badInput(place, `is ${rows}; a page has at most ${pageMax} rows: page on by cursors.`);
    return rows;
  });
}

/** What binds a cursor to its ordering: eight letters that another type or ordering does not have. */
export function orderMark(object: SchemaObject, order: Order): string {
  const text = [object.type, ...order.map(({ property, direction }) => `${property.name} ${direction}`)].join('\n');
  return createHash('sha256').update(text).digest('base64url').slice(0, 8);
}

function readCursor(place: string, object: SchemaObject, order: Order, cursor: unknown): Cursor {
  const mark = orderMark(object, order);
  const values = converted(cursor, (text) => cursorValues(place, mark, order, String(text)));
  return order.map(({ property }, index) => ({
    of: (variables) => values(variables)[index]!,
    pgType: parameterType(property),
  }));
}

function cursorValues(place: string, expected: string, order: Order, cursor: string): (string | null)[] {
  const [mark, ...items] = cursorItems(cursor) ?? [];
  if (mark === undefined) throw badInput(place, 'is no cursor; take one from edges or pageInfo.');
  if (mark !== expected || items.length !== order.length)
    throw badInput(place, 'is a cursor of another list or orderBy; ask for it with the same ones.');
  return order.map(({ property }, index) => {
    const item = items[index]!;
    if (item === '' && !holdsNoNulls(property)) return null;
    const family = familyOf(property);
    const value = family !== 'text' ? item : item.startsWith('=') ? item.slice(1) : null;
    if (value === null || !isStored(family, value))
      throw badInput(place, 'is no cursor; take one from edges or pageInfo.');
    return value;
  });
}

/** True where every row has a value of the property. */
export function holdsNoNulls({ required, keyPosition }: Order[number]['property']): boolean {
  return required || keyPosition !== null;
}

/** The mark and the values, texts with their `=`; null where it is none. */
function cursorItems(cursor: string): string[] | null {
  if (!/^[\w-]{8}(?:,(?:[^,\\]|\\.)*)+$/s.test(cursor)) return null;
  return [...cursor.matchAll(/(?:^|,)((?:[^,\\]|\\.)*)/gs)].map(([, item]) => item!.replace(/\\(.)/gs, '$1'));
}

/** Postgres writes values differently from the graph (`infinity`, `2001-01-01 00:00:00`): checked loosely, cast strictly. */
function isStored(family: ReturnType<typeof familyOf>, text: string): boolean {
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
