import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Duckdb, literal } from '../../engines/duckdb.ts';

/** A column of rows that are written down for DuckDB: its name there, and the type by which it reads the values. */
export interface SpooledColumn {
  readonly alias: string;
  readonly type: string;
}

/** What JSON has, or is a text of the column's type. */
export type SpooledValue = string | number | boolean | object | null;

/** Rows that are written at once: fewer are many small writes, more are held in memory for nothing. */
const ROWS_AT_ONCE = 500;

/** Writes rows of values, in the columns' order, to a file of `db.folder`. Answers the relation that reads them. */
export async function spooledRows(
  db: Duckdb,
  columns: readonly SpooledColumn[],
  rows: AsyncIterable<readonly SpooledValue[]>,
): Promise<string> {
  const path = join(db.folder, `${randomUUID()}.ndjson`);
  await pipeline(lines(columns, rows), createWriteStream(path, { mode: 0o600 }));
  const types = columns.map(({ alias, type }) => `${literal(alias)}: ${literal(type)}`).join(', ');
  return `read_json(${literal(path)}, format='newline_delimited', compression='uncompressed', columns={${types}})`;
}

async function* lines(
  columns: readonly SpooledColumn[],
  rows: AsyncIterable<readonly SpooledValue[]>,
): AsyncIterable<string> {
  const keys = columns.map(({ alias }) => JSON.stringify(alias));
  let ready: string[] = [];
  for await (const row of rows) {
    ready.push(`{${row.map((value, index) => `${keys[index] ?? ''}:${JSON.stringify(value)}`).join(',')}}\n`);
    if (ready.length < ROWS_AT_ONCE) continue;
    yield ready.join('');
    ready = [];
  }
  yield ready.join('');
}
