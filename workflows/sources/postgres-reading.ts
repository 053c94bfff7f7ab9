import pg from 'pg';
import { judgedServer } from '../../schema/allowed-hosts.ts';
import { checkedLookup } from '../../schema/checked-lookup.ts';
import { type PostgresSource, readPostgresSource } from '../../schema/contract/postgres-source.ts';
import { Refusal } from '../../schema/errors.ts';
import { quoted } from '../../schema/ids.ts';
import { connectionOf, connectionRefusal } from '../../schema/postgres-connection.ts';
import { embeddable } from '../engines/postgres.ts';
import { isOutage } from '../outage.ts';
import { boundedSocket } from './bounded-socket.ts';
import { persistently } from './persistently.ts';
import { settingsOf } from './settings-of.ts';
import type { SourceAsk } from './source.ts';
import { tookTooLong } from './took-too-long.ts';

/** A source on a Postgres, with what its contract says of it. */
export interface Asked extends SourceAsk {
  readonly label: string;
  readonly source: PostgresSource;
}

/** Reads what the contract says. Refuses with SOURCE_MISSING where that is not enough. */
export function askedOf(ask: SourceAsk): Asked {
  const source = settingsOf(ask, readPostgresSource);
  const place = source.from.kind === 'table' ? `${source.from.schema}.${source.from.table}` : ask.object.name;
  return { ...ask, label: `${source.server.name}: ${place}`, source };
}

/** What a `from` of SQL takes. */
export function relationOf({ from }: PostgresSource): string {
  // A comment at its end would swallow the parenthesis.
  return from.kind === 'table' ? quoted(from.schema, from.table) : `(\n${embeddable(from.query)}\n)`;
}

/** How statements are run: values come in one form, whatever the server's or the role's own settings are. */
function beginning({ timeoutSeconds }: PostgresSource): string {
  const settings = {
    statement_timeout: `${timeoutSeconds}s`,
    timezone: 'UTC',
    datestyle: 'ISO, YMD',
    intervalstyle: 'iso_8601',
    bytea_output: 'hex',
    extra_float_digits: '3',
  };
  const set = Object.entries(settings).map(([name, value]) => `set local ${name} = '${value}'`);
  return ['begin isolation level repeatable read read only', ...set].join('; ');
}

/** Tells a story in a transaction that writes nothing and sees one moment; from its start where the connection breaks. */
export function reading<Result>(asked: Asked, story: (client: pg.Client) => Promise<Result>): Promise<Result> {
  return connected(asked, async (client) => {
    await client.query(beginning(asked.source));
    if (asked.source.from.kind === 'query')
      await client.query(`set local search_path = ${quoted(asked.source.server.schema)}`);
    const result = await story(client);
    await client.query('commit');
    return result;
  });
}

/** Tells a story on a connection of its own; from its start where that breaks. */
export async function connected<Result>(asked: Asked, story: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const { source, hosts, secrets, signal } = asked;
  const deps = {
    judge: (server: typeof source.server) => judgedServer(server, hosts),
    lookup: checkedLookup(hosts),
    secrets,
  };
  return persistently(asked, async () => {
    const refusal = connectionRefusal(source.server, deps);
    if (refusal !== null) throw refusal;
    const connection = connectionOf(source.server, deps);
    const socket = connection.stream();
    const client = new pg.Client({ ...connection, application_name: 'weft source', stream: () => socket });
    // What a broken connection means is told by the query that it breaks.
    client.on('error', () => undefined);
    const bounded = boundedSocket(socket, { signal, timeoutSeconds: source.timeoutSeconds });
    try {
      signal.throwIfAborted();
      await client.connect();
      await noticeThatWeLeft(client);
      const result = await story(client);
      await client.end();
      return result;
    } catch (error) {
      bounded.cut();
      throw bounded.isLate() ? tookTooLong(asked, error) : translated(asked, error);
    } finally {
      bounded.release();
    }
  });
}

/** A statement whose reader was killed ends within seconds, and not when it first writes a row. Before Postgres 14, and on some systems, there is no such setting. */
async function noticeThatWeLeft(client: pg.Client): Promise<void> {
  await client
    .query(`select set_config(name, '5s', false) from pg_settings where name = 'client_connection_check_interval'`)
    .catch((error: unknown) => {
      if (!(error instanceof pg.DatabaseError)) throw error;
    });
}

/** SQLSTATEs by which Postgres says that there is no such thing, or not for this role: table, schema, database, rights, login. */
const NOT_THERE = /^(?:42P01|3F000|3D000|42501|28)/;
const NO_COLUMN = '42703';
const CANCELLED = '57014';

/** What the server says against it, as a refusal; other errors as they are. */
function translated(asked: Asked, error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError) || isOutage(error)) return error;
  const code = error.code ?? '';
  if (code === CANCELLED) return tookTooLong(asked, error);
  const refusal = NOT_THERE.test(code) ? 'SOURCE_MISSING' : code === NO_COLUMN ? 'SOURCE_DRIFTED' : 'SOURCE_FAILED';
  const message = `The source ${JSON.stringify(asked.label)} cannot be read: ${error.message} (SQLSTATE ${code}).`;
  return new Refusal(refusal, message, { cause: error });
}
