import { type LookupFunction, Socket } from 'node:net';
import { BrokenCircuitError, CircuitState, type CircuitBreakerPolicy } from 'cockatiel';
import pg from 'pg';
import type { PostgresServer } from '../../schema/contract/postgres-server.ts';
import { secretNamed } from '../../schema/contract/secret-reference.ts';
import { Refusal } from '../../schema/errors.ts';
import type { RegisteringDeps } from '../../schema/registering.ts';
import { withSecret } from '../../schema/secrets.ts';

export type ConnectionDeps = Pick<RegisteringDeps, 'judge' | 'lookup' | 'secrets'>;

// A database of the organisation's answers in milliseconds, or is not there.
const CONNECT_MS = 3_000;

/** How a registered server is connected to: to the address that was judged, by its password as it is at each connection. */
export function connectionOf(server: PostgresServer, { judge, secrets, lookup }: ConnectionDeps): pg.ClientConfig {
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
  if (missing === undefined) return null;
  const message = `The secret ${missing} of the server ${server.name} is not there: an operator sets WEFT_SECRET_${secretNamed(missing) ?? ''}, or a file of that name in WEFT_SECRETS_DIR.`;
  return new Refusal('SOURCE_MISSING', message);
}

/** True of a server that is away, and not of one that says no. */
export function isAway(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError || error instanceof Refusal);
}

/** pg connects its socket by port and name: to where the lookup says. */
function judgedSocket(lookup: LookupFunction): Socket {
  const socket = new Socket();
  const connect = socket.connect.bind(socket);
  return Object.assign(socket, { connect: (port: number, host: string) => connect({ port, host, lookup }) });
}

export interface Guard {
  readonly breaker: CircuitBreakerPolicy;
  /** Of the server, as its contract has it. */
  readonly name: string;
  readonly refusal: () => Refusal | null;
}

type Connected = ((error: Error) => void) | ((error: null, client: pg.Client) => void);

/** A client that asks the breaker before it connects: whoever wants a server that stays away does not wait for it. */
export function guardedClient({ breaker, name, refusal }: Guard): typeof pg.Client {
  return class extends pg.Client {
    override connect(): Promise<pg.Client>;
    override connect(callback: Connected): void;
    override connect(callback?: Connected): Promise<pg.Client> | void {
      const connected = this.#guarded();
      if (callback === undefined) return connected;
      // Both forms of a callback are one.
      const tell = callback as (error: Error | null, client?: pg.Client) => void;
      connected.then(() => tell(null, this), tell);
    }

    async #guarded(): Promise<pg.Client> {
      const refused = refusal();
      if (refused !== null) throw refused;
      try {
        // While one connection tries it, the others do not wait for what that learns.
        if (breaker.state === CircuitState.HalfOpen) throw new BrokenCircuitError();
        return await breaker.execute(() => super.connect());
      } catch (error) {
        if (!(error instanceof BrokenCircuitError)) throw error;
        const message = `The server ${name} is not asked: it has not answered for a while, and is tried again in a moment.`;
        throw new Refusal('DATABASE_UNREACHABLE', message, { cause: error });
      }
    }
  };
}
