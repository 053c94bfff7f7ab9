import type { Since } from './source.ts';

/**
 * SQL that holds of the rows that are asked for, by their column and how a value of it is written. A row without a value may have changed,
 * since nobody knows when; a slice has none of these.
 */
export function sinceSql(column: string, { value, until }: Since, written: (value: string) => string): string {
  const from = `${column} >= ${written(value)}`;
  return until === undefined ? `(${from} or ${column} is null)` : `(${from} and ${column} < ${written(until)})`;
}
