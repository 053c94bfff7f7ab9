import { connectionSql } from './connection-sql.ts';
import type { Field } from './fetch.ts';
import { nameSql, objectSql, type Entry } from './json-sql.ts';
import { rowScope, type Scope } from './scope.ts';
import type { Draft } from './statement.ts';
import { tableSql } from './table.ts';
import { propertyJson } from './values.ts';

/** SQL for the JSON object that a selection makes of the row of `scope`. */
export function fieldsSql(draft: Draft, scope: Scope, fields: readonly Field[]): string {
  return objectSql(fields.map((field): Entry => [field.key, fieldSql(draft, scope, field)]));
}

function fieldSql(draft: Draft, scope: Scope, field: Field): string {
  switch (field.kind) {
    case 'typename':
      return nameSql(field.type);
    case 'column':
      return propertyJson(scope.column(field.property), field.property);
    case 'reference':
      return referenceSql(draft, scope, field);
    case 'connection': {
      const connection = connectionSql(draft, field.connection, scope, fieldsSql);
      return scope.exists === null ? connection : `case when ${scope.exists} then ${connection} end`;
    }
  }
}

/**
 * A referenced object: NULL where a foreign column is. Its key is what the foreign columns say, and the rest is joined; so
 * where the row is missing the key still stands, as in federation. A type of another domain is its key alone.
 */
function referenceSql(draft: Draft, scope: Scope, field: Field & { kind: 'reference' }): string {
  const { reference, table, fields } = field;
  const foreign = new Map(reference.columns.map(({ from, to }) => [to.name, scope.column(from)]));
  const given = [...foreign.values()].map((column) => `${column} is not null`).join(' and ');
  const byKey = fields.every(
    (child) => child.kind === 'typename' || (child.kind === 'column' && foreign.has(child.property.name)),
  );
  if (table === null || byKey) {
    const known: Scope = { column: (property) => foreign.get(property.name) ?? 'null', exists: null };
    return `case when ${given} then ${fieldsSql(draft, known, fields)} end`;
  }
  const row = rowScope(draft.alias());
  const joined: Scope = {
    column: (property) => foreign.get(property.name) ?? row.column(property),
    exists: `${row.column(reference.columns[0]!.to)} is not null`,
  };
  const on = reference.columns.map(({ from, to }) => `${row.column(to)} = ${scope.column(from)}`).join(' and ');
  return (
    `case when ${given} then (select ${fieldsSql(draft, joined, fields)}` +
    ` from (values (1)) as one left join ${tableSql(draft, table)} as ${row.alias} on ${on} limit 1) end`
  );
}
