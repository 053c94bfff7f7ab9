import { createHash } from 'node:crypto';
import type { SchemaObject } from '../../../schema/contract/model.ts';
import { comparePlaces, placeOf, propertyNamed, type Order, type Row } from './rows.ts';
import { comparable, refused, type Comparable } from './values.ts';

/** Sizes of pages, as in the limits of managed products. */
export interface PageSizes {
  readonly pageDefault: number;
  readonly pageMax: number;
}

export interface Page {
  readonly size: number;
  readonly backward: boolean;
  readonly after: readonly (Comparable | null)[] | null;
  readonly before: readonly (Comparable | null)[] | null;
}

type Input = Readonly<Record<string, unknown>>;

/** An `orderBy` argument -> a total order: what of the key is not in it follows, ascending; of what is twice the first counts. */
export function readOrder(object: SchemaObject, orderBy: unknown): Order {
  const items = ((orderBy ?? []) as readonly Input[]).map((item) => {
    const [name, direction] = onlyEntry(item);
    return { property: propertyNamed(object, name), descending: direction === 'DESC' };
  });
  const all = [...items, ...object.key.map((property) => ({ property, descending: false }))];
  return all.filter(({ property }, index) => all.findIndex((other) => other.property === property) === index);
}

/** The one entry that is no null. */
export function onlyEntry(item: Input): readonly [string, unknown] {
  const entries = Object.entries(item).filter(([, value]) => value !== null);
  if (entries.length !== 1) throw refused('orders by one thing an item');
  return entries[0]!;
}

/** `first`, `after`, `last` and `before`. */
export function readPage(object: SchemaObject, order: Order, args: Input, sizes: PageSizes): Page {
  const { first = null, last = null } = args;
  if (first !== null && last !== null) throw refused('has first and last');
  return {
    size: readSize(last ?? first, sizes),
    backward: last !== null,
    after: readCursor(object, order, args['after']),
    before: readCursor(object, order, args['before']),
  };
}

/** A number of rows within the limits. */
export function readSize(size: unknown, { pageDefault, pageMax }: PageSizes): number {
  const rows = (size ?? pageDefault) as number;
  if (rows < 0 || rows > pageMax) throw refused('is no size of a page');
  return rows;
}

/** The rows of a page, in their order, and whether there are others on either side as Relay tells it. */
export function cut(rows: readonly Row[], order: Order, { size, backward, after, before }: Page) {
  const found = rows
    .map((row) => ({ row, place: placeOf(order, row) }))
    .filter(({ place }) => after === null || comparePlaces(order, place, after) > 0)
    .filter(({ place }) => before === null || comparePlaces(order, place, before) < 0)
    .sort((a, b) => comparePlaces(order, a.place, b.place))
    .map(({ row }) => row);
  const isCut = found.length > size;
  return {
    rows: backward ? found.slice(Math.max(0, found.length - size)) : found.slice(0, size),
    hasNextPage: backward ? before !== null : isCut,
    hasPreviousPage: backward ? isCut : after !== null,
  };
}

/** A row's cursor: the order's mark and the row's values in it, as Postgres writes them; texts after a `=`, their commas escaped. */
export function cursorOf(object: SchemaObject, order: Order, row: Row): string {
  const values = order.map(({ property }) => {
    const value = row.get(property.name) ?? null;
    return isText(property) && value !== null ? `=${String(value).replace(/[\\,]/g, '\\$&')}` : String(value ?? '');
  });
  return [markOf(object, order), ...values].join(',');
}

function isText({ pgType }: Order[number]['property']): boolean {
  return pgType === 'text';
}

function markOf({ type }: SchemaObject, order: Order): string {
  const terms = order.map(({ property, descending }) => `${property.name} ${descending ? 'DESC' : 'ASC'}`);
  return createHash('sha256')
    .update([type, ...terms].join('\n'))
    .digest('base64url')
    .slice(0, 8);
}

function readCursor(object: SchemaObject, order: Order, cursor: unknown): (Comparable | null)[] | null {
  if (cursor === null || cursor === undefined) return null;
  const [mark, ...items] = (cursor as string).split(/(?<!(?<!\\)\\(?:\\\\)*),/);
  if (mark !== markOf(object, order) || items.length !== order.length) throw refused('is no cursor of this list');
  return order.map(({ property }, index) => {
    const item = items[index]!.replace(/\\(.)/gs, '$1');
    if (item === '') return null;
    return comparable(property, isText(property) ? item.slice(1) : item);
  });
}
