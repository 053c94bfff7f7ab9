import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen, IterableBackoff } from 'cockatiel';
import pg from 'pg';
import { connectionKey, type PostgresServer } from '../../schema/contract/postgres-server.ts';
import type { OpenSubgraph, ReaderPools } from '../../schema/reading.ts';
import type { RegisteredServers, RegisteringDeps, ServerState } from '../../schema/registering.ts';
import { connectionOf, connectionRefusal } from '../../schema/postgres-connection.ts';
import { guardedClient, isAway } from './registered-client.ts';

export interface RegisteredServersDeps extends RegisteringDeps {
  readonly openSubgraphs: (pools: ReaderPools) => OpenSubgraph;
  /** How long one that is retired answers operations that began before. */
  readonly graceMs?: number;
}

/** Of each lane: somebody else's database has other work too. */
const CONNECTIONS_MAX = 3;
/** So many connections that fail, one after another, and it is asked no more … */
const FAILURES = 5;
/** … for so long; then one tries it. The last holds as long as it fails. */
const PAUSES_MS = [2_000, 5_000, 10_000];
// Longer than any operation may take.
const GRACE_MS = 30_000;

interface Opened {
  readonly name: string;
  readonly open: OpenSubgraph;
  readonly state: () => ServerState;
  readonly end: () => Promise<void>;
}

/** Opens nothing before it is asked. */
export function openRegisteredServers(deps: RegisteredServersDeps): RegisteredServers {
  const servers = new Map<string, Opened>();
  const leaving = new Map<NodeJS.Timeout, Opened>();
  return {
    open: (server) => {
      const key = connectionKey(server);
      const opened = servers.get(key) ?? openServer(deps, server);
      servers.set(key, opened);
      return opened.open;
    },
    states: () => [...servers.values()].map(({ name, state }) => ({ name, state: state() })),
    retain: (wanted) => {
      const keys = new Set([...wanted].map(connectionKey));
      for (const [key, opened] of servers) {
        if (keys.has(key)) continue;
        servers.delete(key);
        const timer = setTimeout(() => {
          leaving.delete(timer);
          void opened.end();
        }, deps.graceMs ?? GRACE_MS).unref();
        leaving.set(timer, opened);
      }
    },
    close: async () => {
      for (const timer of leaving.keys()) clearTimeout(timer);
      await Promise.all([...servers.values(), ...leaving.values()].map((opened) => opened.end()));
      servers.clear();
      leaving.clear();
    },
  };
}

function openServer(deps: RegisteredServersDeps, server: PostgresServer): Opened {
  const { name } = server;
  const breaker = circuitBreaker(handleWhen(isAway), {
    halfOpenAfter: new IterableBackoff(PAUSES_MS),
    breaker: new ConsecutiveBreaker(FAILURES),
  });
  const state = (): ServerState =>
    breaker.state === CircuitState.HalfOpen ? 'half open' : breaker.state === CircuitState.Closed ? 'closed' : 'open';
  breaker.onStateChange(() => deps.onState({ server: name, state: state() }));
  const Client = guardedClient({ name, breaker, refusal: () => connectionRefusal(server, deps) });
  const pool = (lane: string): pg.Pool => {
    const opened = new pg.Pool({
      ...connectionOf(server, deps),
      Client,
      max: CONNECTIONS_MAX,
      application_name: `weft ${lane}`,
      idleTimeoutMillis: 30_000,
    });
    // As in the ledger's pools: what breaks is replaced, and told by the next query on it.
    opened.on('error', () => undefined);
    opened.on('connect', (client) => client.on('error', () => undefined));
    return opened;
  };
  const pools = { quick: pool('quick'), slow: pool('slow'), server: name };
  return {
    name,
    state,
    open: deps.openSubgraphs(pools),
    end: async () => {
      await Promise.all([pools.quick.end(), pools.slow.end()]);
    },
  };
}
