import { Agent } from 'undici';
import type { StoredSubgraph } from '../../../schema/ledger/supergraphs.ts';
import { hostRefusal, type HostRules } from '../../../schema/allowed-hosts.ts';
import { checkedLookup, type Lookup } from '../../../schema/checked-lookup.ts';
import type { AskSubgraph, EventSource } from '../context.ts';
import { type EventsAddress, judgedUrl } from './events-address.ts';
import { remoteEvents } from './remote-events.ts';
import { type RemoteSubgraph, remoteSubgraph } from './remote-subgraph.ts';
import { type BreakerState, type Patience, Service, type Tally } from './service.ts';

const PATIENCE: Patience = {
  // Longer than a slow service's p99, shorter than a client's patience.
  timeoutMs: 10_000,
  // Fewer would open for a restart of one instance of many.
  failures: 5,
  // A service that starts anew is back within seconds; one that stays away is not asked much.
  pausesMs: [2_000, 5_000, 10_000],
};

/** The remote services of a graph: connections, circuit breakers and what is under way outlive its supergraphs. */
export interface RemoteServices {
  ask(subgraph: RemoteSubgraph): AskSubgraph;
  /** The same service, asked for events. */
  events(subgraph: RemoteSubgraph, address: EventsAddress): EventSource;
  /** Of those that have been asked for: how they do. */
  states(): { readonly name: string; readonly state: BreakerState; readonly tally: Readonly<Tally> }[];
  /** Forgets those that the graph has no more. */
  retain(subgraphs: readonly Pick<StoredSubgraph, 'name'>[]): void;
  close(): Promise<void>;
}

export interface RemoteServicesDeps {
  readonly hosts: HostRules;
  readonly onState?: (change: { readonly service: string; readonly state: BreakerState }) => void;
  readonly patience?: Partial<Patience>;
  /** False sends each query by itself: for measuring. */
  readonly sharing?: boolean;
  /** How names are resolved; as the system does where nothing is said. */
  readonly lookup?: Lookup;
  /** Certificates that are trusted in place of the system's. */
  readonly authorities?: readonly string[];
}

/** Opens no connection before one is needed. */
export function openRemoteServices(deps: RemoteServicesDeps): RemoteServices {
  // HTTP/1.1 alone: decision 011.
  const lookup = checkedLookup(deps.hosts, deps.lookup);
  const options: Agent.Options = {
    // Where a service does not say how long it keeps a connection: less than the 5 s that many do.
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 60_000,
    // How long an answer may take in all is the exchange's to say: a drop every now and then is no progress.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: {
      timeout: 3_000,
      lookup,
      ...(deps.authorities && { ca: [...deps.authorities] }),
    },
  };
  // Of each service. More would burden it; what is beyond waits, as long as its time lasts.
  const agent = new Agent({ ...options, connections: 64 });
  // Each subscription holds a connection: of these, how many there may be is said where subscribers come in.
  const streaming = new Agent(options);
  const services = new Map<string, { readonly url: string; readonly service: Service }>();

  const serviceOf = ({ name, url }: RemoteSubgraph): Service => {
    const known = services.get(name);
    if (known?.url === url) return known.service;
    const service = new Service(agent, url, { ...PATIENCE, ...deps.patience });
    service.onState((state) => deps.onState?.({ service: name, state }));
    services.set(name, { url, service });
    return service;
  };
  return {
    ask: (subgraph) =>
      remoteSubgraph(subgraph, serviceOf(subgraph), {
        refusal: hostRefusal(subgraph.url, deps.hosts),
        sharing: deps.sharing ?? true,
      }),
    events: (subgraph, address) =>
      remoteEvents(subgraph, serviceOf(subgraph), address, {
        refusal: hostRefusal(judgedUrl(address), deps.hosts),
        dispatcher: streaming,
        lookup,
        authorities: deps.authorities,
      }),
    states: () =>
      [...services].map(
        ([
          name,
          {
            service: { state, tally },
          },
        ]) => ({ name, state, tally }),
      ),
    retain: (subgraphs) => {
      const names = new Set(subgraphs.map(({ name }) => name));
      for (const name of services.keys()) if (!names.has(name)) services.delete(name);
    },
    close: async () => {
      await Promise.all([agent.destroy(), streaming.destroy()]);
    },
  };
}
