import { connect as connectTcp, type Socket } from 'node:net';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2';
import { judgedServer } from '../../schema/allowed-hosts.ts';
import { checkedLookup } from '../../schema/checked-lookup.ts';
import type { MysqlSource } from '../../schema/contract/mysql-source.ts';
import { Refusal } from '../../schema/errors.ts';
import { missingSecret, withSecret } from '../../schema/secrets.ts';
import { boundedSocket } from './bounded-socket.ts';
import { backticked } from './mysql-columns.ts';
import { persistently } from './persistently.ts';
import type { SourceAsk } from './source.ts';
import { tookTooLong } from './took-too-long.ts';

/** A source on a MySQL, with what its contract says of it. */
export interface Asked extends SourceAsk {
  readonly label: string;
  readonly source: MysqlSource;
}

/** What a `from` of SQL takes. */
export function relationOf({ database, from }: MysqlSource): string {
  // A comment at its end would swallow the parenthesis.
  return from.kind === 'table'
    ? `${backticked(database)}.${backticked(from.table)}`
    : `(\n${from.query.replace(/;\s*$/, '')}\n)`;
}

const CONNECT_MS = 5_000;

/**
 * How statements are run: values come in one form, whatever the server's own settings are, and rows may wait until they are written
 * down. The servers have two names for the time that a statement may take.
 */
function beginning({ timeoutSeconds }: MysqlSource): string[] {
  return [
    `set session time_zone = '+00:00', sql_mode = '', net_write_timeout = 3600, group_concat_max_len = 16777216`,
    `/*M! set session max_statement_time = ${timeoutSeconds} */`,
    `/*!50708 set session max_execution_time = ${timeoutSeconds * 1_000} */`,
    'set session transaction isolation level repeatable read',
    'start transaction with consistent snapshot, read only',
  ];
}

/** A connection, and what fires once it is closed: its client says nothing then to whoever waits for rows. */
export interface OpenMysql {
  readonly connection: Connection;
  readonly closed: AbortSignal;
}

/** Tells a story in a transaction that writes nothing and sees one moment; from its start where the connection breaks. */
export async function asking<Result>(asked: Asked, story: (open: OpenMysql) => Promise<Result>): Promise<Result> {
  const { signal } = asked;
  return persistently(asked, async () => {
    signal.throwIfAborted();
    const over = new AbortController();
    const closing = (error?: unknown): void =>
      over.abort(error ?? Object.assign(new Error('The connection broke'), { code: 'PROTOCOL_CONNECTION_LOST' }));
    const { options, socket } = connectionOf(asked);
    socket.once('close', () => closing());
    const connection = createConnection(options);
    connection.on('error', closing);
    const closed = new Promise<never>((_resolve, reject) =>
      over.signal.addEventListener('abort', () => reject(over.signal.reason as Error)),
    );
    // The client's own way to its end would wait for what the server is at.
    const bounded = boundedSocket(socket, { signal, timeoutSeconds: asked.source.timeoutSeconds });
    try {
      const told = inTransaction({ connection, closed: over.signal }, asked.source, story);
      return await Promise.race([closed, told]);
    } catch (error) {
      signal.throwIfAborted();
      throw bounded.isLate() ? tookTooLong(asked, error) : translated(asked, error);
    } finally {
      bounded.release();
      closed.catch(() => undefined);
      bounded.cut();
    }
  });
}

async function inTransaction<Result>(
  open: OpenMysql,
  source: MysqlSource,
  story: (open: OpenMysql) => Promise<Result>,
): Promise<Result> {
  for (const sql of beginning(source))
    await open.connection
      .promise()
      .query(sql)
      .catch((error: unknown) => {
        // The one name is unknown to the other server, which has read a comment: its setting, or nothing.
        if (!['ER_UNKNOWN_SYSTEM_VARIABLE', 'ER_EMPTY_QUERY'].includes(codeOf(error))) throw error;
      });
  return story(open);
}

function connectionOf({ source, hosts, secrets }: Asked): { options: ConnectionOptions; socket: Socket } {
  const { host, refusal } = judgedServer(source, hosts);
  if (refusal !== null) throw new Refusal('FORBIDDEN', `The server ${source.name} is not asked: ${refusal}`);
  const [user, password] = [source.user, source.password].map((setting) => {
    const value = withSecret(setting, secrets);
    if (value !== null && value !== '') return value;
    throw missingSecret(setting, source.name);
  }) as [string, string];
  const { port, database, sslMode } = source;
  const socket = connectTcp({ host, port, lookup: checkedLookup(hosts), keepAlive: true, noDelay: true });
  const options = {
    host,
    port,
    database,
    user,
    password,
    charset: 'utf8mb4_general_ci',
    connectTimeout: CONNECT_MS,
    // No file of this machine is ever sent.
    flags: ['-LOCAL_FILES'],
    stream: () => socket,
    ...(sslMode !== 'disable' && {
      ssl: { rejectUnauthorized: sslMode === 'verify-full', verifyIdentity: sslMode === 'verify-full' },
    }),
  };
  return { options, socket };
}

/** What MySQL says where there is no such thing, or not for this user. */
const NOT_THERE = new Set([
  'ER_NO_SUCH_TABLE',
  'ER_BAD_DB_ERROR',
  'ER_ACCESS_DENIED_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_TABLEACCESS_DENIED_ERROR',
  'ER_COLUMNACCESS_DENIED_ERROR',
  'ER_ACCESS_DENIED_NO_PASSWORD_ERROR',
]);
/** By their numbers, since not each has a name here: interrupted; too long, as MariaDB and as MySQL say it. */
const TOO_LONG = new Set([1317, 1969, 3024]);
/** The server goes, or has no room: it may pass (workflows/outage.ts). */
const PASSING = new Set(['ER_SERVER_SHUTDOWN', 'ER_CON_COUNT_ERROR']);

/** What the server says against it, as a refusal; other errors as they are. */
function translated(asked: Asked, error: unknown): unknown {
  const { errno } = (error ?? {}) as { errno?: unknown };
  const code = codeOf(error);
  // Those of the system are negative.
  if (typeof errno !== 'number' || errno < 1_000 || PASSING.has(code)) return error;
  if (TOO_LONG.has(errno)) return tookTooLong(asked, error);
  const refusal = NOT_THERE.has(code)
    ? 'SOURCE_MISSING'
    : code === 'ER_BAD_FIELD_ERROR'
      ? 'SOURCE_DRIFTED'
      : 'SOURCE_FAILED';
  const message = `The source ${JSON.stringify(asked.label)} cannot be read: ${(error as Error).message} (${code === '' ? errno : code}).`;
  return new Refusal(refusal, message, { cause: error });
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
