import pg from 'pg';

import { CommandFailure, EXIT, wrongUsage } from '../exit.ts';
import { countTable } from './count-table.ts';
import type { DescribedSource } from './described.ts';
import { counted } from './draft-key.ts';
import { readCatalog } from './postgres-catalog.ts';

const CONNECT_MS = 10_000;
const STATEMENT_MS = 20_000;
/** All tables together: a first draft is not worth more. */
const COUNT_MS = 60_000;
/** More objects are several products. */
const TABLES_MAX = 20;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i;
const SSL_MODES = ['disable', 'require', 'verify-full'];

/**
 * Looks at tables and views of a Postgres by its catalog, and counts some of their values; reads alone, and no longer than a minute. The
 * password of the address comes into no answer: the contract names a secret in its place.
 */
export async function describePostgres(
  address: string,
  tables: readonly string[],
  signal: AbortSignal,
): Promise<DescribedSource> {
  const { url, schema, sslMode } = readAddress(address);
  const database = decodeURIComponent(url.pathname.slice(1));
  const client = new pg.Client({
    connectionString: url.href,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    application_name: 'weft init',
  });
  // A connection that breaks fails the statement that runs; this event would end the process.
  client.on('error', () => undefined);
  const end = (): void => void client.end();
  signal.addEventListener('abort', end);
  try {
    await client.connect();
    await client.query('begin transaction read only');
    const found = await readCatalog(client, { schema, tables });
    if (found.length === 0) throw nothing(tables, schema, url.host);
    if (found.length > TABLES_MAX && tables.length === 0)
      throw wrongUsage(
        `The schema ${schema} has ${counted(found.length)} tables, which are several products: name some by --table, as ${found
          .slice(0, 8)
          .map(({ name }) => name)
          .join(', ')}.`,
      );
    const until = Date.now() + COUNT_MS;
    const home = found.some((table) => table.schema === schema) ? schema : (found[0]?.schema ?? schema);
    const objects = [];
    for (const table of found) objects.push(await countTable(client, table, { until, schema: home }));
    const secret = `${database.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase() || 'DATABASE'}_PASSWORD`.replace(
      /^(?=\d|_)/,
      'DB_',
    );
    return {
      label: `${database} on ${url.hostname}`,
      isReadThrough: true,
      hasRowNumbers: false,
      server: {
        server: 'database',
        type: 'postgres',
        host: url.hostname,
        port: Number(url.port || 5432),
        database,
        schema: home,
        customProperties: [
          { property: 'user', value: decodeURIComponent(url.username) },
          { property: 'password', value: `\${secret:${secret}}` },
          ...(sslMode === null ? [] : [{ property: 'sslmode', value: sslMode }]),
        ],
      },
      objects,
      notes: [
        ...found.flatMap(({ leftOut, name }) =>
          leftOut.map((column) => `${name}.${column} is left out: it holds bytes, which the graph has no type for.`),
        ),
        `The password stands in no file: give it to Weft as the secret ${secret} (environment: WEFT_SECRET_${secret}).`,
      ],
    };
  } catch (error) {
    throw signal.aborted || error instanceof CommandFailure ? error : unreachable(url, error);
  } finally {
    signal.removeEventListener('abort', end);
    await client.end().catch(() => undefined);
  }
}

function readAddress(address: string): { url: URL; schema: string; sslMode: string | null } {
  if (!URL.canParse(address)) throw wrongUsage('The address must be like postgres://user@host:5432/database.');
  const url = new URL(address);
  if (url.hostname === '' || url.pathname.length < 2 || url.username === '')
    throw wrongUsage('The address must name user, host and database, as in postgres://user@host:5432/database.');
  const schema = url.searchParams.get('schema') ?? 'public';
  url.searchParams.delete('schema');
  const asked = url.searchParams.get('sslmode');
  // What was not asked for was not had: the contract says how it went.
  const sslMode =
    asked === null ? (LOOPBACK.test(url.hostname) ? null : 'disable') : SSL_MODES.includes(asked) ? asked : 'require';
  return { url, schema, sslMode };
}

function nothing(tables: readonly string[], schema: string, host: string): CommandFailure {
  return wrongUsage(
    tables.length === 0
      ? `The schema ${schema} on ${host} has no table that this user may read: name another schema (?schema=… in the address).`
      : `${host} has no table ${tables.join(', ')} that this user may read: write schema.table where it is not in ${schema}.`,
  );
}

function unreachable({ host }: URL, cause: unknown): CommandFailure {
  const reason =
    cause instanceof Error && cause.message !== '' ? cause.message : String((cause as { code?: unknown }).code);
  return new CommandFailure(EXIT.refused, 'SOURCE_UNREACHABLE', `The database at ${host} cannot be read: ${reason}`, {
    cause,
  });
}
