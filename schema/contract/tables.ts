import { quoted, sqlName, type SqlName } from '../ids.ts';
import type { Property, SchemaObject } from './model.ts';

export interface TableName {
  readonly schema: SqlName;
  readonly table: SqlName;
}

/**
 * The table of an object: columns in the contract's order, without constraints. Rows are loaded first and `tableConstraints` come
 * after: an index is built faster at once, and what breaks the contract is then counted, not a COPY that fails at its first row.
 */
export function createTable(object: SchemaObject, at: TableName): string {
  const columns = object.properties.map((property) => `  ${quoted(property.column)} ${columnType(property)}`);
  return `create table ${quoted(at.schema, at.table)} (\n${columns.join(',\n')}\n)`;
}

/**
 * What makes the loaded table hold its contract, in order: NOT NULL, primary key, unique. Names carry the table's, so that versions
 * lie beside each other.
 */
export function tableConstraints(object: SchemaObject, at: TableName): string[] {
  const table = quoted(at.schema, at.table);
  const required = object.properties.filter((property) => property.required);
  const notNull = required.map(({ column }) => `alter column ${quoted(column)} set not null`);
  const unique = object.properties.filter(
    (property) => property.unique && !isKey(object, property) && isIndexable(property),
  );
  return [
    ...(notNull.length === 0 ? [] : [`alter table ${table} ${notNull.join(', ')}`]),
    ...(object.key.length === 0
      ? []
      : [
          `alter table ${table} add constraint ${quoted(named(at.table, 'key'))} primary key (${columnList(object.key)})`,
        ]),
    ...unique.map(
      (property) =>
        `alter table ${table} add constraint ${quoted(named(at.table, property.column, 'unique'))} unique (${quoted(property.column)})`,
    ),
  ];
}

/** An index on each column (or list of columns) that a relationship reads by; made twice, they change nothing. */
export function tableIndexes(object: SchemaObject, at: TableName): string[] {
  return referenceColumns(object).map((properties) => {
    const index = named(at.table, ...properties.map(({ column }) => column));
    return `create index if not exists ${quoted(index)} on ${quoted(at.schema, at.table)} (${columnList(properties)})`;
  });
}

/** `"a", "b"`: the columns of an object, or of some properties, in order. */
export function columnList(properties: readonly Property[]): string {
  return properties.map(({ column }) => quoted(column)).join(', ');
}

/** The column's type in Postgres, lists included. */
export function columnType(property: Property): string {
  return property.list ? `${property.pgType}[]` : property.pgType;
}

/** Columns that relationships read by, but for those that the key or a unique constraint indexes already. */
function referenceColumns(object: SchemaObject): Property[][] {
  const found = new Map<string, Property[]>();
  for (const { from } of object.relationships) {
    const properties = from.flatMap((name) => object.properties.find((property) => property.name === name) ?? []);
    const isLead = properties.every((property, index) => object.key[index] === property);
    const [only, second] = properties;
    if (only === undefined || isLead || (second === undefined && only.unique) || !properties.every(isIndexable))
      continue;
    found.set(properties.map(({ column }) => column).join(','), properties);
  }
  return [...found.values()];
}

function isKey(object: SchemaObject, property: Property): boolean {
  return object.key.length === 1 && object.key[0] === property;
}

function isIndexable(property: Property): boolean {
  return !property.list && property.scalar !== 'JSON';
}

/** At most 63 bytes; what is cut away is replaced by a sum of its letters, so that names stay apart. */
function named(...parts: readonly string[]): SqlName {
  const name = parts.join('__');
  if (name.length <= 63) return name as SqlName;
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 0xffffff;
  return sqlName(`${name.slice(0, 55)}_${sum.toString(36)}`);
}
