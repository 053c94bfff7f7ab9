import type { Reading } from '../../schema/reading.ts';
import { aggregateSql } from './aggregate-sql.ts';
import { whereSql } from './condition-sql.ts';
import { connectionSql } from './connection-sql.ts';
import type { Fetch } from './fetch.ts';
import { fieldsSql } from './fields-sql.ts';
import { quoted } from '../../schema/ids.ts';
import { arraySql } from './json-sql.ts';
import { rowScope } from './scope.ts';
import { draft, type Draft, type Statement } from './statement.ts';
import { tableSql } from './table.ts';

/** A fetch tree -> the one statement that answers it: one row of one column, JSON text (or NULL). */
export function fetchSql(fetch: Fetch, reading: Reading): Statement {
  const open = draft(reading);
  return open.finish(`select ${rootSql(open, fetch)}`);
}

function rootSql(open: Draft, fetch: Fetch): string {
  switch (fetch.kind) {
    case 'one': {
      const row = rowScope(open.alias());
      const keys = fetch.table.object.key.map(
        (property, index) => `${row.column(property)} = ${open.bind(fetch.keyValues[index]!)}`,
      );
      const from = `${tableSql(open, fetch.table)} as ${row.alias}`;
      return `(select ${fieldsSql(open, row, fetch.fields)} from ${from}${whereSql(keys)} limit 1)`;
    }
    case 'list':
      return connectionSql(open, fetch.connection, null, fieldsSql);
    case 'aggregate':
      return aggregateSql(open, fetch.aggregate);
    case 'entities':
      return entitiesSql(open, fetch);
  }
}

/** A JSON array with an item for each key given, in their order: null where there is no such row. */
function entitiesSql(open: Draft, { object, table, keyColumns, fields }: Fetch & { kind: 'entities' }): string {
  const given = rowScope(open.alias());
  const names = object.key.map((property) => quoted(property.column));
  const arrays = keyColumns.map((column) => open.bind(column));
  const keys = `unnest(${arrays.join(', ')}) with ordinality as ${given.alias}(${names.join(', ')}, "#n")`;
  const ordinal = `${given.alias}."#n"`;
  if (table === null) return `(select ${arraySql(fieldsSql(open, given, fields), ordinal)} from ${keys})`;
  const row = rowScope(open.alias());
  const on = object.key.map((property) => `${row.column(property)} = ${given.column(property)}`);
  const item = `case when ${row.column(object.key[0]!)} is null then 'null' else ${fieldsSql(open, row, fields)} end`;
  return `(select ${arraySql(item, ordinal)} from ${keys} left join ${tableSql(open, table)} as ${row.alias} on ${on.join(' and ')})`;
}
