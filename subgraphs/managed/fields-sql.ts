import { aggregateSql } from './aggregate-sql.ts';
import { whereSql } from './condition-sql.ts';
import { connectionSql } from './connection-sql.ts';
import type { Connection, Field, Table } from './fetch.ts';
import { nameSql, objectSql, type Entry, type JsonSql } from './json-sql.ts';
import { rowScope, type Scope } from './scope.ts';
import type { Draft } from './statement.ts';
import { tableSql } from './table.ts';
import { propertyJson } from './values.ts';

/** SQL for the JSON object that a selection makes of the row of `scope`. */
export function fieldsSql(draft: Draft, scope: Scope, fields: readonly Field[]): JsonSql {
  return objectSql(fields.map((field): Entry => [field.key, fieldSql(draft, scope, field)]));
}

function fieldSql(draft: Draft, scope: Scope, field: Field): JsonSql {
  switch (field.kind) {
    case 'typename':
      return nameSql(field.type);
    case 'column': {
      const { property } = field;
      // What is promised of a registered table may not hold: then it is GraphQL's to say.
      const isThere = (scope.exists === null || scope.isGiven(property)) && property.registered !== true;
      if (draft.strict && property.required && !isThere) {
        // Of a value that is missing, the graph says an error.
        const { sql } = propertyJson(scope.column(property), property, { strict: true, nullable: false });
        return { sql, sound: false };
      }
      return propertyJson(scope.column(property), property, {
        strict: draft.strict,
        nullable: !property.required || !isThere,
      });
    }
    case 'reference':
      return referenceSql(draft, scope, field);
    case 'connection':
      return referringSql(draft, scope, field.connection, connectionSql(draft, field.connection, scope, fieldsSql));
    case 'aggregate':
      return referringSql(draft, scope, field.aggregate, aggregateSql(draft, field.aggregate, scope));
  }
}

/**
 * What is said of the rows that refer to a row, where that row may be missing: nothing by its own domain; another domain knows the type
 * by its key, whether there is such a row or not.
 */
function referringSql(
  draft: Draft,
  { exists }: Scope,
  { parent }: Pick<Connection, 'parent'>,
  { sql, sound }: JsonSql,
): JsonSql {
  if (exists === null || (parent !== null && !parent.within)) return { sql, sound };
  if (draft.strict) return { sql: `case when ${exists} then ${sql} end`, sound: false };
  return { sql: `case when ${exists} then ${sql} else 'null' end`, sound: true };
}

/**
 * A referenced object: null where a foreign column is. Its key is what the foreign columns say, and the rest is joined; so
 * where the row is missing the key still stands, as in federation. A type of another domain is its key alone.
 */
function referenceSql(draft: Draft, scope: Scope, field: Field & { kind: 'reference' }): JsonSql {
  const { reference, table, fields } = field;
  const foreign = new Map(reference.columns.map(({ from, to }) => [to.name, scope.column(from)]));
  const known = [...foreign.values()].map((column) => `${column} is not null`);
  // Of a row that is missing its key is known, and nothing that the key refers to.
  const isByKey = scope.exists !== null && reference.columns.every(({ from }) => scope.isGiven(from));
  const given = (isByKey ? [scope.exists, ...known] : known).join(' and ');
  const byKey = fields.every(
    (child) => child.kind === 'typename' || (child.kind === 'column' && foreign.has(child.property.name)),
  );
  if (table === null || byKey) {
    const keyed: Scope = {
      column: (property) => foreign.get(property.name) ?? 'null',
      exists: null,
      isGiven: (property) => foreign.has(property.name),
    };
    const { sql, sound } = fieldsSql(draft, keyed, fields);
    return { sql: `case when ${given} then ${sql} else 'null' end`, sound };
  }
  const row = rowScope(draft);
  const on = reference.columns.map(({ from, to }) => `${row.column(to)} = ${scope.column(from)}`);
  const missing = scope.exists === null ? missingSql(draft, foreign, fields) : null;
  if (missing !== null) {
    const found = `from ${tableSql(draft, table)} as ${row.alias}${whereSql(on)}${onlyOne(table)}`;
    const present: Scope = { ...row, column: (property) => foreign.get(property.name) ?? row.column(property) };
    const { sql, sound } = fieldsSql(draft, present, fields);
    // Where NULL may be for what the row holds, it is not for want of the row.
    const otherwise = sound ? missing.sql : `case when not exists (select ${found}) then ${missing.sql} end`;
    const object =
      missing === UNSAYABLE ? `(select ${sql} ${found})` : `coalesce((select ${sql} ${found}), ${otherwise})`;
    const isRequired = reference.columns.every(({ from }) => from.required && from.registered !== true);
    return {
      sql: isRequired ? object : `case when ${given} then ${object} else 'null' end`,
      sound: sound && missing.sound && !isRequired,
    };
  }
  const joined: Scope = {
    column: (property) => foreign.get(property.name) ?? row.column(property),
    exists: `${row.column(reference.columns[0]!.to)} is not null`,
    isGiven: (property) => foreign.has(property.name),
  };
  const { sql, sound } = fieldsSql(draft, joined, fields);
  return {
    sql:
      `case when ${given} then (select ${sql}` +
      ` from (values (1)) as one left join ${tableSql(draft, table)} as ${row.alias} on ${on.join(' and ')} limit 1) else 'null' end`,
    sound,
  };
}

/** A key of a registered table may be none, where it is a view's. */
function onlyOne({ object }: Table): string {
  return object.registeredTable === null ? '' : ' limit 1';
}

const UNSAYABLE: JsonSql = { sql: 'null::text', sound: false };

/**
 * What is said of a referenced row that is missing, `foreign` being its key: null but for that, and nothing at all where a value must be. Null where
 * more than values is asked of it, which would have to be told twice.
 */
function missingSql(draft: Draft, foreign: ReadonlyMap<string, string>, fields: readonly Field[]): JsonSql | null {
  const key: Scope = { column: ({ name }) => foreign.get(name)!, exists: null, isGiven: () => true };
  const entries: Entry[] = [];
  for (const field of fields) {
    if (field.kind === 'typename') entries.push([field.key, nameSql(field.type)]);
    else if (field.kind !== 'column') return null;
    else if (foreign.has(field.property.name)) entries.push([field.key, fieldSql(draft, key, field)]);
    else if (draft.strict && field.property.required) return UNSAYABLE;
    else entries.push([field.key, { sql: `'null'`, sound: true }]);
  }
  return objectSql(entries);
}
