import pg from 'pg';
import { judgedServer, type HostRules } from '../../schema/allowed-hosts.ts';
import { checkedLookup } from '../../schema/checked-lookup.ts';
import type { PostgresServer } from '../../schema/contract/postgres-server.ts';
import { Refusal } from '../../schema/errors.ts';
import { ownName, quoted, type SqlName } from '../../schema/ids.ts';
import { connectionOf, connectionRefusal } from '../../schema/postgres-connection.ts';
import type { Secrets } from '../../schema/secrets.ts';
import { type Delivered, deliveredKey, type DeliveredObject } from './delivered.ts';
import type { Dialect } from './dialect.ts';

/** What was delivered, one row an object: written in the transaction that shows it. */
const VERSIONS = 'weft_versions' as SqlName;

/**
 * Brings a version into a database that speaks PostgreSQL's protocol: each object into a table beside the one that readers see, then all
 * take their places in one transaction. Nothing is done twice. Refuses with DELIVERY_REFUSED where a table there is none of ours.
 */
export async function deliverTables(
  to: { readonly server: PostgresServer; readonly dialect: Dialect },
  delivered: Delivered,
  work: {
    readonly hosts: HostRules;
    readonly secrets: Secrets;
    readonly signal: AbortSignal;
    /** Where the rows are read, all of one moment. */
    readonly reader: pg.Client;
    /** Throws where another version is live by now. */
    readonly requireLive: () => Promise<void>;
    /** Rows of an object are there, and not committed. */
    readonly onWritten: () => void;
  },
): Promise<void> {
  const { server, dialect } = to;
  await connected(server, work, async (client) => {
    await client.query(
      `create table if not exists ${quoted(server.schema, VERSIONS)}
         (product varchar(200) not null, object varchar(200) not null, version integer not null, run_id varchar(64) not null, delivered_at timestamptz not null)`,
    );
    const there = await versionsOf(client, server, delivered);
    if (delivered.objects.every(({ object }) => there.get(object.name) === `${delivered.version} ${delivered.runId}`))
      return;
    const tables = delivered.objects.map((one) => ({
      one,
      table: one.object.table,
      fresh: ownName(one.object.table, 'weft_new'),
    }));
    for (const { one, table, fresh } of tables) {
      if (!there.has(one.object.name)) await requireFree(client, server, table);
      // At once: an attempt that was taken for dead, and goes on, must not show a table that has no rows yet.
      await client.query('begin');
      await client.query(`drop table if exists ${quoted(server.schema, fresh)}`);
      await client.query(createTable(one, quoted(server.schema, fresh), dialect));
      await dialect.load(client, work.reader, { ...one, into: quoted(server.schema, fresh) });
      work.onWritten();
      await client.query('commit');
    }
    await work.requireLive();
    await client.query('begin');
    for (const { one, table, fresh } of tables)
      await dialect.show(client, {
        schema: server.schema,
        table,
        fresh,
        columns: one.properties.map(({ column }) => column),
      });
    await client.query(`delete from ${quoted(server.schema, VERSIONS)} where product = $1`, [delivered.product.id]);
    for (const { one } of tables)
      await client.query(`insert into ${quoted(server.schema, VERSIONS)} values ($1, $2, $3, $4, current_timestamp)`, [
        ...[delivered.product.id, one.object.name, delivered.version, delivered.runId],
      ]);
    await client.query('commit');
  });
}

function createTable(one: DeliveredObject, name: string, dialect: Dialect): string {
  const lines = one.properties.map(
    (property) => `${quoted(property.column)} ${dialect.type(property)}${property.required ? ' not null' : ''}`,
  );
  const key = deliveredKey(one).map(({ column }) => quoted(column));
  return `create table ${name} (${[...lines, ...(key.length > 0 ? [`primary key (${key.join(', ')})`] : [])].join(', ')})`;
}

/** `7 <run>` by the names of the objects that are there. */
async function versionsOf(
  client: pg.Client,
  { schema }: PostgresServer,
  { product }: Delivered,
): Promise<Map<string, string>> {
  const { rows } = await client.query<{ object: string; version: number; run: string }>(
    `select object, version, run_id as run from ${quoted(schema, VERSIONS)} where product = $1`,
    [product.id],
  );
  return new Map(rows.map(({ object, version, run }) => [object, `${version} ${run}`]));
}

async function requireFree(client: pg.Client, server: PostgresServer, table: SqlName): Promise<void> {
  const { rows } = await client.query(
    'select 1 from information_schema.tables where table_schema = $1 and table_name = $2',
    [server.schema, table],
  );
  if (rows.length === 0) return;
  throw new Refusal(
    'DELIVERY_REFUSED',
    `${server.name} has a table ${server.schema}.${table} that was not delivered there for this product: rename it, or deliver to another schema.`,
  );
}

/** SQLSTATEs that another attempt mends no more than this one did: no such database or schema, no right, no log-in, a value that does not fit. */
const NO_ATTEMPT_MENDS = /^(?:3D000|3F000|42501|28|22)/;

async function connected(
  server: PostgresServer,
  { hosts, secrets, signal }: { hosts: HostRules; secrets: Secrets; signal: AbortSignal },
  story: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const deps = {
    judge: (one: PostgresServer) => judgedServer(one, hosts),
    lookup: checkedLookup(hosts),
    secrets,
  };
  const refusal = connectionRefusal(server, deps);
  if (refusal !== null) throw refusal;
  const connection = connectionOf(server, deps);
  const socket = connection.stream();
  const client = new pg.Client({ ...connection, application_name: 'weft delivery', stream: () => socket });
  // What a broken connection means is told by the query that it breaks.
  client.on('error', () => undefined);
  const stop = (): void => void socket.destroy();
  signal.addEventListener('abort', stop);
  try {
    signal.throwIfAborted();
    await client.connect();
    await story(client);
    await client.end();
  } catch (error) {
    stop();
    if (error instanceof pg.DatabaseError && NO_ATTEMPT_MENDS.test(error.code ?? ''))
      throw new Refusal('DELIVERY_REFUSED', `${server.name} says no: ${error.message} (SQLSTATE ${error.code}).`, {
        cause: error,
      });
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
