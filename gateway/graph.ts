import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway';
import type { DomainId } from '../schema/ids.ts';
import type { Pool } from '../schema/ledger/connect.ts';
import { listen } from '../schema/ledger/listen.ts';
import { routingUrl } from '../schema/ledger/promote.ts';
import type { StoredSubgraph } from '../schema/ledger/supergraphs.ts';
import type { ExecuteSubgraph, OpenSubgraph } from '../schema/reading.ts';
import type { HostRules } from './execute/allowed-hosts.ts';
import type { ExecuteInProcess, OperationContext } from './execute/context.ts';
import { localSubgraph } from './execute/local-subgraph.ts';
import { remoteSubgraph } from './execute/remote-subgraph.ts';
import type { LogFault } from './execute/shown-error.ts';
import { inTurn } from './in-turn.ts';
import { readSnapshot, type Snapshot } from './snapshot.ts';

// A NOTIFY comes in milliseconds; where one is missed, gateways still swap within 2 s.
const POLL_MS = 2_000;
// How long a subgraph that was replaced still answers at /subgraphs/<domain>/<revision>: longer than any router polls.
const SUPERSEDED_FOR_MS = 600_000;

export interface GraphDeps {
  readonly ledger: Pool;
  readonly databaseUrl: string;
  readonly openSubgraph: OpenSubgraph;
  readonly openCatalog: (graph: Graph) => ExecuteInProcess;
  readonly hosts: HostRules;
  readonly logFault: LogFault;
  readonly onSwap: (outcome: { supergraph: number; failure: string | null }) => void;
  readonly onReloadFault: (error: unknown) => void;
}

/** The graph that is served, and how it follows the ledger. */
export interface Graph {
  readonly gateway: ApolloGateway;
  /** What is served now: one immutable value; an operation keeps the one that it started with. */
  current(): Snapshot;
  /** Why the newest supergraph is not the one served; null where it is. */
  failure(): { readonly supergraph: number; readonly message: string } | null;
  /** The managed subgraph at a routing URL, superseded ones for a while. */
  subgraph(url: string): ExecuteSubgraph | null;
  /** Resolves once what the ledger holds now is served, so that who wrote it reads it; or once it is known that it cannot be. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

/** Serves the head of the ledger, and swaps when it moves. The ledger must hold a supergraph. */
export async function openGraph(deps: GraphDeps): Promise<Graph> {
  const first = await readSnapshot(deps.ledger, null);
  if (first === null)
    throw new Error('The ledger holds no supergraph: the catalog is registered before the graph opens.');
  let served: Snapshot = first;
  let failure: { supergraph: number; message: string } | null = null;
  const executables = new Map<string, { readonly execute: ExecuteSubgraph; superseded: number | null }>();
  let opening: Snapshot = first;
  let catalog: ExecuteInProcess | null = null;
  let update: (sdl: string) => void = () => undefined;

  const executable = (subgraph: StoredSubgraph, { mesh }: Snapshot): ExecuteSubgraph => {
    const url = routingUrl(subgraph);
    const known = executables.get(url);
    if (known !== undefined) {
      known.superseded = null;
      return known.execute;
    }
    const model = mesh.domains.get(subgraph.name as DomainId);
    if (model === undefined)
      throw new Error(`The supergraph has a subgraph ${subgraph.name}, the mesh no such domain.`);
    const execute = deps.openSubgraph(model, mesh);
    executables.set(url, { execute, superseded: null });
    return execute;
  };

  const buildService = ({ name }: { name: string }): GraphQLDataSource<OperationContext> => {
    const subgraph = opening.supergraph.subgraphs.find((one) => one.name === name);
    if (subgraph === undefined) throw new Error(`The supergraph names a subgraph ${name} that the ledger does not.`);
    if (subgraph.url !== null) return remoteSubgraph({ ...subgraph, url: subgraph.url }, deps.hosts);
    if (subgraph.kind === 'catalog') return localSubgraph((catalog ??= deps.openCatalog(graph)), deps.logFault);
    const execute = executable(subgraph, opening);
    return localSubgraph((request, { reading }) => execute(request, reading), deps.logFault);
  };

  const gateway = new ApolloGateway({
    supergraphSdl: (hook) => {
      update = hook.update;
      return Promise.resolve({ supergraphSdl: first.supergraph.sdl });
    },
    buildService,
  });

  const swap = (next: Snapshot): void => {
    opening = next;
    try {
      update(next.supergraph.sdl);
    } catch (error) {
      failure = {
        supergraph: next.supergraph.id,
        message: error instanceof Error ? error.message : 'it does not load',
      };
      served = withFittingData(served, next);
      deps.onSwap({ supergraph: next.supergraph.id, failure: failure.message });
      return;
    }
    served = next;
    failure = null;
    retire(executables, next);
    deps.onSwap({ supergraph: next.supergraph.id, failure: null });
  };

  const reload = async (): Promise<void> => {
    const next = await readSnapshot(deps.ledger, served);
    if (next === null) return;
    if (next.supergraph.id === served.supergraph.id) served = next;
    else if (next.supergraph.id === failure?.supergraph) served = withFittingData(served, next);
    else swap(next);
  };
  const turn = inTurn();
  const reloadInTurn = (): Promise<void> => turn(reload);

  const graph: Graph = {
    gateway,
    current: () => served,
    failure: () => failure,
    subgraph: (url) => executables.get(url)?.execute ?? null,
    catchUp: () => reloadInTurn().catch(deps.onReloadFault),
    close: async () => {
      await listener.stop();
      await turn(() => Promise.resolve());
    },
  };
  const listener = listen(deps.databaseUrl, {
    name: 'weft gateway',
    pollMs: POLL_MS,
    onHint: reloadInTurn,
    onFault: deps.onReloadFault,
  });
  return graph;
}

/** The old graph goes on with the newest data, but for products whose tables have a shape by now that it does not know. */
function withFittingData(served: Snapshot, next: Snapshot): Snapshot {
  const datasets = new Map(served.datasets);
  for (const [id, dataset] of next.datasets)
    if (next.mesh.products.get(id)?.dataDigest === served.mesh.products.get(id)?.dataDigest) datasets.set(id, dataset);
  return { ...served, datasets };
}

/** Subgraphs that the served supergraph no longer has stay for a while: an operation or a router may still ask them. */
function retire(
  executables: Map<string, { readonly execute: ExecuteSubgraph; superseded: number | null }>,
  { supergraph }: Snapshot,
): void {
  const now = Date.now();
  const urls = new Set(supergraph.subgraphs.filter(({ kind }) => kind !== 'remote').map(routingUrl));
  for (const [url, entry] of executables) {
    if (urls.has(url)) continue;
    entry.superseded ??= now;
    if (now - entry.superseded > SUPERSEDED_FOR_MS) executables.delete(url);
  }
}
