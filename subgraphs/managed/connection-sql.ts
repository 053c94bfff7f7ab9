import { afterSql, conditionSql, cursorValueSql, orderSql, whereSql } from './condition-sql.ts';
import type { Connection, ConnectionField, EdgeField, Field, PageInfoField } from './fetch.ts';
import { arraySql, nameSql, objectSql, type Entry } from './json-sql.ts';
import { orderMark } from './page.ts';
import { rowScope, type Scope } from './scope.ts';
import type { Draft } from './statement.ts';
import { tableSql } from './table.ts';

// Names that no column of a contract can have.
const ORDINAL = '"#n"';
const CURSOR = '"#cursor"';

/** SQL for the JSON object that a selection makes of a row: fields-sql.ts, which in turn needs this file. */
export type FieldsSql = (draft: Draft, scope: Scope, fields: readonly Field[]) => string;

/**
 * SQL for the JSON of a connection: the page's rows are cut by order and limit first, and only then given their fields.
 * Under a row (`parent`) it is correlated: one page for each. `totalCount` is counted only where it is asked for.
 */
export function connectionSql(
  draft: Draft,
  connection: Connection,
  parent: Scope | null,
  fieldsSql: FieldsSql,
): string {
  const total = connection.fields.some((field) => field.kind === 'totalCount')
    ? totalSql(draft, connection, parent)
    : 'null';
  const rows = connection.fields.filter((field) => field.kind !== 'totalCount' && field.kind !== 'typename');
  if (rows.length === 0)
    return objectSql(connection.fields.map((field): Entry => [field.key, withoutRows(field, total)]));

  const page = pageOf(draft, connection, parent, fieldsSql);
  const entries = connection.fields.map((field): Entry => [field.key, page.field(field) ?? withoutRows(field, total)]);
  return `(select ${objectSql(entries)} from (${page.rows()}) as ${page.alias})`;
}

function withoutRows(field: ConnectionField, total: string): string {
  return field.kind === 'typename' ? nameSql(field.type) : total;
}

function totalSql(draft: Draft, { table, parent: reference, where }: Connection, parent: Scope | null): string {
  const row = rowScope(draft.alias());
  const conditions = [...correlation(reference, row, parent), where === null ? null : conditionSql(draft, row, where)];
  return `(select '"' || count(*) || '"' from ${tableSql(draft, table)} as ${row.alias}${whereSql(conditions)})`;
}

/** The page as a row source: `field` answers what the connection's fields are over its rows, `rows` the source itself. */
function pageOf(draft: Draft, connection: Connection, parent: Scope | null, fieldsSql: FieldsSql) {
  const alias = draft.alias();
  const row = rowScope(draft.alias());
  const { order, page, fields } = connection;
  const asks = (kind: PageInfoField['kind']): boolean =>
    fields.some((field) => field.kind === 'pageInfo' && field.fields.some((part) => part.kind === kind));
  const asksNext = asks('hasNextPage');
  // Bound where it is used, for Postgres refuses a parameter that is not.
  const first = asksNext ? draft.bind({ value: page.first, pgType: 'bigint' }) : '';
  // The row beyond the page says only that there is one.
  const onPage = (value: string): string =>
    asksNext ? `case when ${row.alias}.${ORDINAL} <= ${first} then ${value} end` : value;

  const columns: string[] = [];
  const column = (name: string, value: string): string => {
    columns.push(`${onPage(value)} as ${name}`);
    return `${alias}.${name}`;
  };
  let cursor: string | null = null;
  const cursorColumn = (): string => (cursor ??= column(CURSOR, cursorSql(row, connection)));
  const ordinal = `${alias}.${ORDINAL}`;

  const pageInfo = (part: PageInfoField): string => {
    switch (part.kind) {
      case 'typename':
        return nameSql(part.type);
      case 'hasNextPage':
        return `(count(*) > ${first})::text`;
      case 'hasPreviousPage':
        // The cursor came from a row before this page.
        return page.after === null ? `'false'` : `'true'`;
      case 'startCursor':
        return `to_json((array_agg(${cursorColumn()} order by ${ordinal}) filter (where ${cursorColumn()} is not null))[1])::text`;
      case 'endCursor':
        return `to_json((array_agg(${cursorColumn()} order by ${ordinal} desc) filter (where ${cursorColumn()} is not null))[1])::text`;
    }
  };
  const edge = (part: EdgeField): string => {
    switch (part.kind) {
      case 'typename':
        return nameSql(part.type);
      case 'cursor':
        return `to_json(${cursorSql(row, connection)})::text`;
      case 'node':
        return fieldsSql(draft, row, part.fields);
    }
  };
  const field = (part: ConnectionField): string | null => {
    switch (part.kind) {
      case 'typename':
      case 'totalCount':
        return null;
      case 'nodes':
        return arraySql(column(`"#${columns.length}"`, fieldsSql(draft, row, part.fields)), ordinal);
      case 'edges': {
        const entries = part.fields.map((item): Entry => [item.key, edge(item)]);
        return arraySql(column(`"#${columns.length}"`, objectSql(entries)), ordinal);
      }
      case 'pageInfo':
        return objectSql(part.fields.map((item): Entry => [item.key, pageInfo(item)]));
    }
  };
  const rows = (): string => {
    const conditions = [
      ...correlation(connection.parent, row, parent),
      connection.where === null ? null : conditionSql(draft, row, connection.where),
      afterSql(draft, row, order, page.after),
    ];
    const sorted = orderSql(row, order);
    const limit = draft.bind({ value: page.first + (asksNext ? 1 : 0), pgType: 'bigint' });
    const selected = row.used().join(', ');
    const found = `select ${selected} from ${tableSql(draft, connection.table)} as ${row.alias}${whereSql(conditions)}`;
    // Under a row, `offset 0` makes Postgres find its rows before it orders them: it might walk the key's index through the
    // whole table instead, in hope of a few early ones, once for each parent that has none.
    const cut =
      connection.parent === null
        ? `${found}${sorted} limit ${limit}`
        : `select * from (${found} offset 0) as ${row.alias}${sorted} limit ${limit}`;
    // Numbered outside of the limit: inside, the window would make Postgres sort all rows instead of keeping the top ones.
    const numbered = `select *, row_number() over () as ${ORDINAL} from (${cut}) as ${row.alias}`;
    return `select ${[`${row.alias}.${ORDINAL}`, ...columns].join(', ')} from (${numbered}) as ${row.alias}`;
  };
  return { alias, field, rows };
}

/** A row's place in the order, as page.ts reads it: base64url of a JSON array. */
function cursorSql(row: Scope, { table, order }: Connection): string {
  const values = order.map(({ property }) => cursorValueSql(row.column(property)));
  const json = `'["${orderMark(table.object, order)}",' || ${values.join(` || ',' || `)} || ']'`;
  return `translate(encode(convert_to(${json}, 'UTF8'), 'base64'), E'+/=\\n', '-_')`;
}

function correlation(reference: Connection['parent'], row: Scope, parent: Scope | null): string[] {
  if (reference === null || parent === null) return [];
  return reference.columns.map(({ from, to }) => `${row.column(from)} = ${parent.column(to)}`);
}
