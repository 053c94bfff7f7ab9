import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { identifier, literal } from '../engines/duckdb.ts';
import type { SourceColumn, SourceRows } from './source.ts';

/** Longest row: a text or a document may well be some megabytes. DuckDB holds a few of them at once. */
const ROW_BYTES = 16 * 1024 * 1024;

/**
 * Rows that were brought into a file of CSV as Postgres writes it: null is nothing, the empty text is `""`. Before the columns each
 * row has a `0`, since a line of one null would be none.
 */
export function spooledCsv(file: string, columns: readonly SourceColumn[]): SourceRows {
  const names = ['#0', ...columns.map(({ name }) => name)];
  const options = [
    'auto_detect=false',
    'header=false',
    `delim=','`,
    `quote='"'`,
    `escape='"'`,
    'strict_mode=true',
    `nullstr=''`,
    'allow_quoted_nulls=false',
    `new_line='\\n'`,
    `compression='none'`,
    `max_line_size=${ROW_BYTES}`,
    // Its default is several times as much, for each thread.
    `buffer_size=${ROW_BYTES}`,
    `columns={${names.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ')}}`,
  ];
  return spooled(`read_csv(${literal(file)}, ${options.join(', ')})`, columns);
}

/** What JSON has, or is a text of the column's type. */
export type SpooledValue = string | number | boolean | object | null;

/** Rows that are written at once: fewer are many small writes, more are held in memory for nothing. */
const ROWS_AT_ONCE = 500;

/** Some rows, each its values in the columns' order: as they came together. */
export type SpooledRows = Iterable<readonly SpooledValue[]>;

/** Writes rows into a file of JSON, one a line. Answers the relation that reads them. */
export async function spooledNdjson(
  file: string,
  columns: readonly SourceColumn[],
  rows: AsyncIterable<SpooledRows>,
): Promise<string> {
  await pipeline(lines(columns, rows), createWriteStream(file, { mode: 0o600 }));
  const types = columns.map(({ name, type }) => `${literal(name)}: ${literal(type)}`).join(', ');
  return `read_json(${literal(file)}, format='newline_delimited', compression='uncompressed', maximum_object_size=${ROW_BYTES}, columns={${types}})`;
}

async function* lines(columns: readonly SourceColumn[], rows: AsyncIterable<SpooledRows>): AsyncIterable<string> {
  const keys = columns.map(({ name }) => JSON.stringify(name));
  let ready: string[] = [];
  // A promise for each row would be most of the work, and outlive it as garbage.
  for await (const together of rows)
    for (const row of together) {
      ready.push(`{${row.map((value, index) => `${keys[index] ?? ''}:${JSON.stringify(value)}`).join(',')}}\n`);
      if (ready.length < ROWS_AT_ONCE) continue;
      yield ready.join('');
      ready = [];
    }
  yield ready.join('');
}

/** Rows of a relation that reads this run's own copy. */
export function spooled(text: string, columns: readonly SourceColumn[]): SourceRows {
  const json = columns.filter(({ type }) => type === 'JSON').map(({ name }) => identifier(name));
  const replaced = json.map((name) => `${name}::json as ${name}`).join(', ');
  return {
    relation: json.length === 0 ? text : `(select * replace (${replaced}) from ${text})`,
    rowNumber: '(row_number() over () - 1)',
    brokenLines: async () => [],
    verify: async () => undefined,
  };
}
