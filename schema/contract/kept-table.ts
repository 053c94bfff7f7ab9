import { ownName, quoted, type SqlName } from '../ids.ts';
import type { TableName } from './tables.ts';

/**
 * A kept table has rows of many dataset versions. Each says from which version on it is there, and from which on it is not; so a version is
 * a number in the rows, a new one is made beside those who read the old, and is there for readers once the ledger points at it.
 * No property has such a column: `sqlName` makes no two underscores.
 */
export const FROM = quoted('weft__from' as SqlName);
export const TO = quoted('weft__to' as SqlName);

/** What a row of the last version that was made has as its end. */
export const IS_OPEN = `${TO} is null`;

export interface KeptColumn {
  readonly column: SqlName;
  /** Postgres' type, lists included. */
  readonly type: string;
  readonly required: boolean;
}

/** An empty one. */
export function createKeptTable(columns: readonly KeptColumn[], at: TableName): string {
  const lines = columns.map(
    ({ column, type, required }) => `  ${quoted(column)} ${type}${required ? ' not null' : ''}`,
  );
  return `create table ${quoted(at.schema, at.table)} (\n${lines.join(',\n')},\n  ${FROM} integer not null,\n  ${TO} integer\n)`;
}

/**
 * Its indexes, once it is loaded: by key, which a version has once; by those columns of which values are looked for; and by versions, for
 * clearing away.
 */
export function keptIndexes(key: readonly SqlName[], unique: readonly SqlName[], at: TableName): string[] {
  const table = quoted(at.schema, at.table);
  return [
    `create unique index on ${table} (${key.map((column) => quoted(column)).join(', ')}, ${FROM})`,
    ...unique.map((column) => `create index on ${table} (${quoted(column)})`),
    `create index on ${table} using brin (${FROM})`,
    `create index on ${table} (${TO}) where ${TO} is not null`,
  ];
}

/** The rows of one version of a kept table as a relation, to stand after `from`; of any other table (null), the table. `table` is quoted. */
export function rowsAsOf(table: string, version: number | null, columns: readonly SqlName[]): string {
  if (version === null) return table;
  if (!Number.isInteger(version)) throw new Error(`The ledger names a version that cannot be: ${version}`);
  return `(select ${columns.map((column) => quoted(column)).join(', ')} from ${table} where ${FROM} <= ${version} and (${IS_OPEN} or ${TO} > ${version}))`;
}

/** The name of one that its own run makes. */
export function keptName(base: SqlName, run: string): SqlName {
  return ownName(base, `kept_${run.slice(0, 8)}`);
}
