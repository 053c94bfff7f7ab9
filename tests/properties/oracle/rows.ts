import type { Value, Reference, SchemaObject } from '../../../schema/contract/model.ts';
import { comparable, compare, type Comparable, type Stored } from './values.ts';

/** A row as Postgres writes it, by the names of properties and dimensions. */
export type Row = ReadonlyMap<string, Stored>;

/** Every row of each object, by its type's name. */
export type Rows = ReadonlyMap<string, readonly Row[]>;

export type Order = readonly { readonly property: Value; readonly descending: boolean }[];

/** One value of a row; null where there is none. */
export function valueOf(row: Row, property: Value): Comparable | null {
  const stored = row.get(property.name) ?? null;
  return typeof stored === 'string' ? comparable(property, stored) : null;
}

/** True where all are there, and equal by pairs. */
export function equal(left: readonly (Comparable | null)[], right: readonly (Comparable | null)[]): boolean {
  return left.every((value, index) => {
    const other = right[index] ?? null;
    return value !== null && other !== null && compare(value, other) === 0;
  });
}

/** The row that a row refers to, if there is one. */
export function referredTo({ to, columns }: Reference, row: Row, rows: Rows): Row[] {
  const key = columns.map(({ from }) => valueOf(row, from));
  return (rows.get(to.type) ?? []).filter((other) =>
    equal(
      key,
      columns.map(({ to: property }) => valueOf(other, property)),
    ),
  );
}

/** The rows that refer to a row; of one that is missing its key is enough. */
export function referringTo({ from, columns }: Reference, row: Row, rows: Rows): Row[] {
  const key = columns.map(({ to }) => valueOf(row, to));
  return (rows.get(from.type) ?? []).filter((other) =>
    equal(
      key,
      columns.map(({ from: property }) => valueOf(other, property)),
    ),
  );
}

/** Negative, zero or positive: places in an order. What is missing comes last in both directions. */
export function comparePlaces(
  order: Order,
  a: readonly (Comparable | null)[],
  b: readonly (Comparable | null)[],
): number {
  for (const [index, { descending }] of order.entries()) {
    const [left, right] = [a[index] ?? null, b[index] ?? null];
    if (left === null && right === null) continue;
    if (left === null || right === null) return left === null ? 1 : -1;
    const sign = compare(left, right);
    if (sign !== 0) return descending ? -sign : sign;
  }
  return 0;
}

/** A row's place in an order. */
export function placeOf(order: Order, row: Row): (Comparable | null)[] {
  return order.map(({ property }) => valueOf(row, property));
}

/** The property or dimension of a field; its absence is a fault of the oracle. */
export function propertyNamed({ type, properties, dimensions }: SchemaObject, field: string): Value {
  const property = [...properties, ...dimensions].find((candidate) => candidate.field === field);
  if (property === undefined) throw new Error(`The oracle knows no ${type}.${field}`);
  return property;
}
