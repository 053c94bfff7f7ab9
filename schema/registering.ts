import type { LookupFunction } from 'node:net';
import type { Product } from './contract/model.ts';
import type { PostgresServer } from './contract/postgres-server.ts';
import type { Finding } from './findings.ts';
import type { OpenSubgraph } from './reading.ts';
import type { Secrets } from './secrets.ts';

export type ServerState = 'closed' | 'half open' | 'open';

/** What decides where and as whom registered servers are connected to. */
export interface RegisteringDeps {
  /** The host as it is connected to, and the sentence that says why it may not be; null where it may. */
  readonly judge: (server: PostgresServer) => { readonly host: string; readonly refusal: string | null };
  /** Resolves names, and refuses where they lead. */
  readonly lookup: LookupFunction;
  readonly secrets: Secrets;
  readonly onState: (change: { readonly server: string; readonly state: ServerState }) => void;
}

/** The servers of a graph's registered products: connections and circuit breakers outlive its supergraphs. */
export interface RegisteredServers {
  /** Makes products on that server executable. Opens no connection before one is needed. */
  readonly open: (server: PostgresServer) => OpenSubgraph;
  /** Of each whether it is asked. */
  readonly states: () => { readonly name: string; readonly state: ServerState }[];
  /** Forgets those that the graph has no more, once what is under way on them has ended. */
  readonly retain: (servers: Iterable<PostgresServer>) => void;
  readonly close: () => Promise<void>;
}

/** What is wrong with the tables of a registered product, as they are on its server now; nothing of products of other kinds. */
export type CheckTables = (product: Product) => Promise<Finding[]>;

/** What the composition root hands from `subgraphs` to `gateway`. */
export type OpenRegistered = (deps: RegisteringDeps) => {
  readonly servers: RegisteredServers;
  readonly checkTables: CheckTables;
};
