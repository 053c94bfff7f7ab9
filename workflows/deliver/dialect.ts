import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Property } from '../../schema/contract/model.ts';
import { columnType } from '../../schema/contract/tables.ts';
import { quoted, type SqlName } from '../../schema/ids.ts';
import type { DeliveredObject } from './delivered.ts';

/** How a database that speaks PostgreSQL's protocol takes rows. */
export interface Dialect {
  type(property: Property): string;
  /** Reads an object's rows from the one and brings them into a table of the other. */
  load(client: pg.Client, reader: pg.Client, what: DeliveredObject & { readonly into: string }): Promise<void>;
  /** Puts the table `fresh` in the place of `table`, in the transaction of `client`. */
  show(client: pg.Client, what: Shown): Promise<void>;
}

interface Shown {
  readonly schema: SqlName;
  readonly table: SqlName;
  readonly fresh: SqlName;
  readonly columns: readonly SqlName[];
}

const DEPENDED_ON = '2BP01';

/** PostgreSQL, and what is it (Aurora): by COPY, and by renaming; where something hangs on the table, its rows are replaced. */
const postgres: Dialect = {
  type: columnType,
  load: async (client, reader, { properties, relation, into }) => {
    const columns = properties.map(({ column }) => quoted(column)).join(', ');
    await pipeline(
      reader.query(copyTo(`copy (select ${columns} from ${relation}) to stdout`)),
      client.query(copyFrom(`copy ${into} (${columns}) from stdin`)),
    );
    await client.query(`analyze ${into}`);
  },
  show: async (client, shown) => {
    const [table, fresh] = [quoted(shown.schema, shown.table), quoted(shown.schema, shown.fresh)];
    // Whoever reads the table for long does not hold up those that come after us.
    await client.query(`set local lock_timeout = '10s'`);
    if (await isThere(client, table)) {
      await copyGrants(client, table, fresh);
      await client.query('savepoint showing');
      try {
        await client.query(`drop table ${table}`);
      } catch (error) {
        if (!(error instanceof pg.DatabaseError) || error.code !== DEPENDED_ON) throw error;
        await client.query('rollback to savepoint showing');
        return replaceRows(client, shown);
      }
    }
    await client.query(`alter table ${fresh} rename to ${quoted(shown.table)}`);
  },
};

/** Rows of one INSERT: more are a longer statement, and fewer more of them. */
const INSERT = { rows: 1_000, bytes: 1024 * 1024 } as const;

/** Amazon Redshift, which has no COPY FROM STDIN: by INSERT of many rows, and its rows are replaced. */
const redshift: Dialect = {
  type: ({ pgType, list }) => {
    const [, base = '', bounds = ''] = /^([a-z ]+?)\s*(\(.*\))?$/.exec(pgType) ?? [];
    if (list || !Object.hasOwn(REDSHIFT, base)) return 'varchar(65535)';
    // Its numbers have at most 38 digits, and without bounds no fraction.
    if (base === 'numeric') return bounds === '' ? 'varchar(65535)' : `numeric${bounds}`;
    return REDSHIFT[base]!;
  },
  load: async (client, reader, { properties, relation, into }) => {
    const columns = properties.map(({ column }) => quoted(column)).join(', ');
    const values = properties.map(({ column, list }) =>
      list ? `to_json(${quoted(column)})::text` : `${quoted(column)}::text`,
    );
    await reader.query(`declare delivered no scroll cursor for select ${values.join(', ')} from ${relation}`);
    for (;;) {
      const { rows } = await reader.query<(string | null)[]>({
        text: `fetch ${INSERT.rows} from delivered`,
        rowMode: 'array',
      });
      if (rows.length === 0) break;
      for (const batch of batches(rows)) await client.query(`insert into ${into} (${columns}) values ${batch}`);
    }
    await reader.query('close delivered');
  },
  show: async (client, shown) => {
    const now = await columnsOf(client, shown.schema, shown.table);
    if (now === (await columnsOf(client, shown.schema, shown.fresh))) return replaceRows(client, shown);
    const [table, fresh] = [quoted(shown.schema, shown.table), quoted(shown.schema, shown.fresh)];
    if (now !== '') await client.query(`drop table ${table}`);
    await client.query(`alter table ${fresh} rename to ${quoted(shown.table)}`);
  },
};

/** Names and types, as one text; empty where there is no such table. */
async function columnsOf(client: pg.Client, schema: SqlName, table: SqlName): Promise<string> {
  const { rows } = await client.query<{ name: string; type: string }>(
    `select column_name as name, data_type as type from information_schema.columns
      where table_schema = $1 and table_name = $2 order by ordinal_position`,
    [schema, table],
  );
  return rows.map(({ name, type }) => `${name} ${type}`).join(', ');
}

const REDSHIFT: Readonly<Record<string, string>> = {
  smallint: 'smallint',
  integer: 'integer',
  bigint: 'bigint',
  numeric: 'numeric',
  'double precision': 'double precision',
  real: 'real',
  boolean: 'boolean',
  date: 'date',
  timestamptz: 'timestamptz',
  timestamp: 'timestamp',
  time: 'time',
};

/** By the word that a destination says. */
export const DIALECTS: Readonly<Record<'postgres' | 'redshift', Dialect>> = { postgres, redshift };

/** Readers see the former rows until the transaction ends; who may read the table, and what hangs on it, stays. */
async function replaceRows(client: pg.Client, { schema, table, fresh, columns }: Shown): Promise<void> {
  const names = columns.map((column) => quoted(column)).join(', ');
  await client.query(`delete from ${quoted(schema, table)}`);
  await client.query(`insert into ${quoted(schema, table)} (${names}) select ${names} from ${quoted(schema, fresh)}`);
  await client.query(`drop table ${quoted(schema, fresh)}`);
}

async function isThere(client: pg.Client, table: string): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [table]);
  return rows[0]?.there === true;
}

/** Whoever may read the one may read the other. */
async function copyGrants(client: pg.Client, from: string, to: string): Promise<void> {
  const { rows } = await client.query<{ privilege: string; grantee: string }>(
    `select privilege_type as privilege, case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as grantee
       from pg_class, aclexplode(relacl) where oid = to_regclass($1) and grantee <> relowner`,
    [from],
  );
  for (const { privilege, grantee } of rows) await client.query(`grant ${privilege} on ${to} to ${grantee}`);
}

/** Rows as the VALUES of INSERTs, none of which is much longer than it may be. */
function* batches(rows: readonly (readonly (string | null)[])[]): Generator<string> {
  let batch: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    const text = `(${row.map((value) => (value === null ? 'null' : pg.escapeLiteral(value))).join(', ')})`;
    batch.push(text);
    bytes += text.length;
    if (bytes < INSERT.bytes) continue;
    yield batch.join(', ');
    [batch, bytes] = [[], 0];
  }
  if (batch.length > 0) yield batch.join(', ');
}
