import type { Reading } from '../../schema/reading.ts';
import { aggregateSql } from './aggregate-sql.ts';
import { whereSql } from './condition-sql.ts';
import { connectionSql } from './connection-sql.ts';
import type { Amount, Entities, Fetch, RootField } from './fetch.ts';
import { fieldsSql } from './fields-sql.ts';
import { arraySql, nameSql, objectSql, type Entry, type JsonSql } from './json-sql.ts';
import { rowScope } from './scope.ts';
import { draft, type Draft, type FailedMeasures, type Statement } from './statement.ts';
import { tableSql } from './table.ts';

const NONE_FAILED: FailedMeasures = new Map();

/**
 * The root fields of an operation -> the one statement that answers it: one row of one column, JSON text. `strict`: NULL where
 * there is something in it that the graph cannot say (statement.ts). In the places of `failed` measures stands why.
 */
export function operationSql(
  fields: readonly RootField[],
  datasets: Reading['datasets'],
  { strict, failed = NONE_FAILED }: { strict: boolean; failed?: FailedMeasures },
): Statement {
  const open = draft(datasets, { strict, failed });
  return open.finish(`select ${objectSql(fields.map(({ key, fetch }): Entry => [key, rootSql(open, fetch)])).sql}`);
}

function rootSql(open: Draft, fetch: Fetch): JsonSql {
  switch (fetch.kind) {
    case 'one':
      return oneSql(open, fetch);
    case 'list':
      return connectionSql(open, fetch.connection, null, fieldsSql);
    case 'aggregate':
      return aggregateSql(open, fetch.aggregate, null);
    case 'entities':
      return entitiesSql(open, fetch.types, fetch.count);
    case 'name':
      return nameSql(fetch.name);
  }
}

function oneSql(open: Draft, { table, keyValues, fields }: Fetch & { kind: 'one' }): JsonSql {
  const row = rowScope(open);
  const keys = table.object.key.map((property, index) => `${row.column(property)} = ${open.bind(keyValues[index]!)}`);
  const { sql, sound } = fieldsSql(open, row, fields);
  const found = `from ${tableSql(open, table)} as ${row.alias}${whereSql(keys)} limit 1`;
  if (sound) return { sql: `coalesce((select ${sql} ${found}), 'null')`, sound };
  const item = open.alias();
  const rows = `select ${sql} as "#item" ${found}`;
  return {
    sql: `(select case when count(*) = 0 then 'null' else min(${item}."#item") end from (${rows}) as ${item})`,
    sound,
  };
}

/** A JSON array with an item for each representation, in their order: null where there is no such row. */
function entitiesSql(open: Draft, types: readonly Entities[], count: Amount): JsonSql {
  const given = open.alias();
  const ordinal = `${given}."#n"`;
  const columns: string[] = [];
  const arrays: string[] = [];
  const joins: string[] = [];
  const cases: string[] = [];
  let sound = true;
  for (const { object, table, keyColumns, furtherKeys, fields } of types) {
    const bound = [...keyColumns, ...furtherKeys.map(({ column }) => column)];
    const names = bound.map((_, index) => `"#${columns.length + index}"`);
    columns.push(...names);
    arrays.push(...bound.map((column) => open.bind(column)));
    const key = new Map(object.key.map(({ name }, index) => [name, `${given}.${names[index]!}`]));
    const isGiven = [...key.values()].map((column) => `${column} is not null`).join(' and ');
    if (table === null) {
      const item = fieldsSql(open, { column: ({ name }) => key.get(name)!, exists: null, isGiven: () => true }, fields);
      cases.push(`when ${isGiven} then ${item.sql}`);
      sound &&= item.sound;
      continue;
    }
    const row = rowScope(open);
    const item = fieldsSql(open, row, fields);
    const on = object.key.map((property) => {
      // A lookup for each row that has no key, by the unique property's index: one join serves representations by any key.
      const lookups = furtherKeys.map((further, index) => {
        const other = rowScope(open);
        const isIt = `${other.column(further.property)} = ${given}.${names[keyColumns.length + index]!}`;
        const one = object.registeredTable === null ? '' : ' limit 1';
        return `(select ${other.column(property)} from ${tableSql(open, table)} as ${other.alias} where ${isIt}${one})`;
      });
      const value = key.get(property.name)!;
      return `${row.column(property)} = ${lookups.length === 0 ? value : `coalesce(${[value, ...lookups].join(', ')})`}`;
    });
    joins.push(` left join ${tableSql(open, table)} as ${row.alias} on ${on.join(' and ')}`);
    cases.push(`when ${row.column(object.key[0]!)} is not null then ${item.sql}`);
    sound &&= item.sound;
  }
  if (types.length === 0) {
    // No type of the selection is one of the representations': as many nulls.
    columns.push('"#0"');
    arrays.push(`array_fill(null::text, array[${open.bind({ of: count, pgType: 'int' })}])`);
  }
  // A key that is none, as a view's may be, must not move the rows of others.
  const isUnsure = types.some(({ object, table }) => table !== null && object.registeredTable !== null);
  const [once, inOrder] = isUnsure ? [`distinct on (${ordinal}) `, ` order by ${ordinal}`] : ['', ''];
  const item = open.alias();
  const items =
    `select ${once}${cases.length === 0 ? `'null'` : `case ${cases.join(' ')} else 'null' end`} as "#item", ${ordinal}` +
    ` from unnest(${arrays.join(', ')}) with ordinality as ${given}(${columns.join(', ')}, "#n")${joins.join('')}${inOrder} offset 0`;
  const list = arraySql({ sql: `${item}."#item"`, sound }, `${item}."#n"`);
  return { sql: `(select ${list.sql} from (${items}) as ${item})`, sound: list.sound };
}
