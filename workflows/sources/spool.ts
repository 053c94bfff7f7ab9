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

/** Records that were brought into a file, one a line, each value a text or null; of a list, its items. */
export function spooledNdjson(file: string, columns: readonly SourceColumn[]): SourceRows {
  const types = columns.map(({ name, type }) => `${literal(name)}: ${literal(type)}`).join(', ');
  const relation = `read_json(${literal(file)}, format='newline_delimited', compression='uncompressed', maximum_object_size=${ROW_BYTES}, columns={${types}})`;
  return spooled(relation, []);
}

function spooled(text: string, columns: readonly SourceColumn[]): SourceRows {
  const json = columns.filter(({ type }) => type === 'JSON').map(({ name }) => identifier(name));
  const replaced = json.map((name) => `${name}::json as ${name}`).join(', ');
  return {
    relation: json.length === 0 ? text : `(select * replace (${replaced}) from ${text})`,
    rowNumber: '(row_number() over () - 1)',
    brokenLines: async () => [],
    // It is this run's own copy.
    verify: async () => undefined,
  };
}
