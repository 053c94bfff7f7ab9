import { type LookupFunction, Socket } from 'node:net';
import type { PostgresServer } from './contract/postgres-server.ts';
import { Refusal } from './errors.ts';
import type { RegisteringDeps } from './registering.ts';
import { missingSecret, withSecret } from './secrets.ts';

/** What decides where and as whom a Postgres that the organisation runs is connected to. */
export type ConnectionDeps = Pick<RegisteringDeps, 'judge' | 'lookup' | 'secrets'>;

/** As `pg` takes it. */
export interface PostgresConnection {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: () => string;
  readonly ssl: false | { readonly rejectUnauthorized: boolean };
  readonly connectionTimeoutMillis: number;
  readonly keepAlive: boolean;
  readonly stream: () => Socket;
}

// A database of the organisation's answers in milliseconds, or is not there.
const CONNECT_MS = 3_000;

/** How such a server is connected to: to the address that was judged, by its password as it is at each connection. */
export function connectionOf(server: PostgresServer, { judge, secrets, lookup }: ConnectionDeps): PostgresConnection {
  const { port, database, sslMode } = server;
  return {
    host: judge(server).host,
    port,
    database,
    user: withSecret(server.user, secrets) ?? server.user,
    // Not a value: pg would look for one of its own, in its environment, where there is none.
    password: () => withSecret(server.password, secrets) ?? '',
    ssl: sslMode === 'disable' ? false : { rejectUnauthorized: sslMode === 'verify-full' },
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    stream: () => judgedSocket(lookup),
  };
}

/** Why the server is not connected to at all, as things are now: its host is not allowed, or a secret is missing. Null where it is. */
export function connectionRefusal(server: PostgresServer, { judge, secrets }: ConnectionDeps): Refusal | null {
  const { refusal } = judge(server);
  if (refusal !== null) return new Refusal('FORBIDDEN', `The server ${server.name} is not asked: ${refusal}`);
  const missing = [server.user, server.password].find((setting) => !withSecret(setting, secrets));
  return missing === undefined ? null : missingSecret(missing, server.name);
}

/** pg connects its socket by port and name: to where the lookup says. */
function judgedSocket(lookup: LookupFunction): Socket {
  const socket = new Socket();
  const connect = socket.connect.bind(socket);
  return Object.assign(socket, { connect: (port: number, host: string) => connect({ port, host, lookup }) });
}
