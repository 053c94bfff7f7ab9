import { besideSql, conditionSql, correlationSql, cursorValueSql, orderSql, whereSql } from './condition-sql.ts';
import type { Connection, ConnectionField, EdgeField, Field, Order, PageInfoField } from './fetch.ts';
import { arraySql, concatenated, nameSql, objectSql, type Entry, type JsonSql } from './json-sql.ts';
import { orderMark } from './page.ts';
import { rowScope, type Scope } from './scope.ts';
import type { Draft } from './statement.ts';
import { tableSql } from './table.ts';
import { familyOf } from './values.ts';

// Names that no column of a contract can have.
const ORDINAL = '"#n"';
const CURSOR = '"#cursor"';

/** SQL for the JSON object that a selection makes of a row: fields-sql.ts, which in turn needs this file. */
export type FieldsSql = (draft: Draft, scope: Scope, fields: readonly Field[]) => JsonSql;

/**
 * SQL for the JSON of a connection: the page's rows are cut by order and limit first, and only then given their fields.
 * Under a row (`parent`) it is correlated: one page for each. `totalCount` is counted only where it is asked for.
 */
export function connectionSql(
  draft: Draft,
  connection: Connection,
  parent: Scope | null,
  fieldsSql: FieldsSql,
): JsonSql {
  const page = pageOf(draft, connection, parent, fieldsSql);
  const entries = connection.fields.map((field): Entry => [
    field.key,
    field.kind === 'typename'
      ? nameSql(field.type)
      : field.kind === 'totalCount'
        ? sound(totalSql(draft, connection, parent))
        : page.field(field),
  ]);
  const { sql, sound: isSound } = objectSql(entries);
  return asksRows(connection)
    ? { sql: `(select ${sql} from (${page.rows()}) as ${page.alias})`, sound: isSound }
    : { sql, sound: isSound };
}

/** Whether something is read of the page; what its arguments say alone is known without. */
function asksRows({ fields, page }: Connection): boolean {
  const isKnown = ({ kind }: PageInfoField): boolean =>
    kind === 'typename' || kind === (page.backward ? 'hasNextPage' : 'hasPreviousPage');
  return fields.some((field) => {
    if (field.kind === 'pageInfo') return !field.fields.every(isKnown);
    return field.kind === 'nodes' || field.kind === 'edges';
  });
}

function sound(sql: string): JsonSql {
  return { sql, sound: true };
}

function totalSql(draft: Draft, { table, parent: reference, where }: Connection, parent: Scope | null): string {
  const row = rowScope(draft);
  const conditions = [
    ...correlationSql(reference, row, parent),
    where === null ? null : conditionSql(draft, row, where),
  ];
  return `(select '"' || count(*) || '"' from ${tableSql(draft, table)} as ${row.alias}${whereSql(conditions)})`;
}

/** The page as a row source: `field` answers what the connection's fields are over its rows, `rows` the source itself. */
function pageOf(draft: Draft, connection: Connection, parent: Scope | null, fieldsSql: FieldsSql) {
  const alias = draft.alias();
  const row = rowScope(draft);
  const { order, page, fields } = connection;
  const { size, backward } = page;
  const asks = (kind: PageInfoField['kind']): boolean =>
    fields.some((field) => field.kind === 'pageInfo' && field.fields.some((part) => part.kind === kind));
  // One row beyond the page, in the direction that it is cut from, says only that there is one.
  const asksBeyond = asks(backward ? 'hasPreviousPage' : 'hasNextPage');
  // Bound where it is used, for Postgres refuses a parameter that is not.
  const limit = asksBeyond ? draft.bind({ of: size, pgType: 'bigint' }) : '';
  const ordinal = `${alias}.${ORDINAL}`;
  const within = asksBeyond ? `${ordinal} <= ${limit}` : null;
  // Rows are numbered as they are found. All that is made of them is made in one order, so that Postgres orders them once.
  const shown = `${ordinal}${backward ? ' desc' : ''}`;

  const columns: string[] = [];
  const column = (name: string, value: string): string => {
    const onPage = asksBeyond ? `case when ${row.alias}.${ORDINAL} <= ${limit} then ${value} end` : value;
    columns.push(`${onPage} as ${name}`);
    return `${alias}.${name}`;
  };
  const list = (item: JsonSql): JsonSql =>
    arraySql({ sql: column(`"#${columns.length}"`, item.sql), sound: item.sound }, shown, { within });
  // Made where rows are numbered: once for each, however often it is shown.
  let cursor: string | null = null;
  const rowCursor = (): string => {
    cursor ??= cursorSql(row, connection);
    return `${row.alias}.${CURSOR}`;
  };
  let pageCursor: string | null = null;
  const cursorColumn = (): string => (pageCursor ??= column(CURSOR, rowCursor()));
  const cursorAt = (end: 'start' | 'end'): string => {
    const isFirst = (end === 'start') !== backward;
    const at = isFirst
      ? `min(${cursorColumn()}) filter (where ${ordinal} = 1)`
      : `(array_agg(${cursorColumn()} order by ${shown}) filter (where ${within ?? 'true'}))[${backward ? '1' : asksBeyond ? `least(count(*), ${limit})` : 'count(*)'}]`;
    return `coalesce(${cursorJson(at, order, draft).sql}, 'null')`;
  };

  const pageInfo = (part: PageInfoField): JsonSql => {
    switch (part.kind) {
      case 'typename':
        return nameSql(part.type);
      case 'hasNextPage':
        // A cursor came from a row on its far side.
        return sound(backward ? `'${page.before !== null}'` : `(count(*) > ${limit})::text`);
      case 'hasPreviousPage':
        return sound(backward ? `(count(*) > ${limit})::text` : `'${page.after !== null}'`);
      case 'startCursor':
        return sound(cursorAt('start'));
      case 'endCursor':
        return sound(cursorAt('end'));
    }
  };
  const edge = (part: EdgeField): JsonSql => {
    switch (part.kind) {
      case 'typename':
        return nameSql(part.type);
      case 'cursor':
        return cursorJson(rowCursor(), order, draft);
      case 'node':
        return fieldsSql(draft, row, part.fields);
    }
  };
  const field = (part: Exclude<ConnectionField, { readonly kind: 'typename' | 'totalCount' }>): JsonSql => {
    switch (part.kind) {
      case 'nodes':
        return list(fieldsSql(draft, row, part.fields));
      case 'edges':
        return list(objectSql(part.fields.map((item): Entry => [item.key, edge(item)])));
      case 'pageInfo':
        return objectSql(part.fields.map((item): Entry => [item.key, pageInfo(item)]));
    }
  };
  const rows = (): string => {
    const conditions = [
      ...correlationSql(connection.parent, row, parent),
      connection.where === null ? null : conditionSql(draft, row, connection.where),
      besideSql(draft, row, order, page.after, 'after'),
      besideSql(draft, row, order, page.before, 'before'),
    ];
    const sorted = orderSql(row, order, { backward });
    const cutAt = draft.bind({ of: asksBeyond ? (variables) => size(variables) + 1 : size, pgType: 'bigint' });
    const selected = row.used().join(', ');
    const found = `select ${selected} from ${tableSql(draft, connection.table)} as ${row.alias}${whereSql(conditions)}`;
    // Under a row, `offset 0` makes Postgres find its rows before it orders them: it might walk the key's index through the
    // whole table instead, in hope of a few early ones, once for each parent that has none.
    const cut =
      connection.parent === null
        ? `${found}${sorted} limit ${cutAt}`
        : `select * from (${found} offset 0) as ${row.alias}${sorted} limit ${cutAt}`;
    // Numbered outside of the limit: inside, the window would make Postgres sort all rows instead of keeping the top ones.
    const extra = cursor === null ? '' : `, ${cursor} as ${CURSOR}`;
    const numbered = `select *, row_number() over () as ${ORDINAL}${extra} from (${cut}) as ${row.alias}`;
    // The last `offset 0` keeps each column from being computed once for every time that it is named.
    return `select ${[`${row.alias}.${ORDINAL}`, ...columns].join(', ')} from (${numbered}) as ${row.alias} offset 0`;
  };
  return { alias, field, rows };
}

/** A row's place in the order, as page.ts reads it. As base64, which others have, it would cost more than the rest of a short row. */
function cursorSql(row: Scope, { table, order }: Connection): string {
  const values = order.map(({ property }) => cursorValueSql(row.column(property), property));
  return [`'${orderMark(table.object, order)}'`, ...values.flatMap((value) => [`','`, value])].join(' || ');
}

/**
 * A cursor as JSON; only texts in it have what must be escaped. Where a registered table has no value that it promises there is none,
 * which is GraphQL's to say.
 */
function cursorJson(cursor: string, order: Order, { strict }: Draft): JsonSql {
  const { sql, ...json } = order.some(({ property }) => familyOf(property) === 'text')
    ? sound(`to_json(${cursor})::text`)
    : { ...concatenated([`'"'`, cursor, `'"'`]), sound: true };
  if (!order.some(({ property }) => property.registered)) return { sql, ...json };
  return strict ? { sql, sound: false } : sound(`coalesce(${sql}, 'null')`);
}
