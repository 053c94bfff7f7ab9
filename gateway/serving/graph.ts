import { type DocumentNode, type GraphQLSchema, parse } from 'graphql';
import type { Logger } from 'pino';
import { connectionKey } from '../../schema/contract/postgres-server.ts';
import type { ProductId } from '../../schema/ids.ts';
import type { Pool } from '../../schema/ledger/connect.ts';
import { listen } from '../../schema/ledger/listen.ts';
import type { StoredSubgraph } from '../../schema/ledger/supergraphs.ts';
import type { OpenSubgraph } from '../../schema/reading.ts';
import type { RegisteredServers } from '../../schema/registering.ts';
import { apiSchema } from '../../schema/composition/api-schema.ts';
import type { HostRules } from '../../schema/allowed-hosts.ts';
import type { AskSubgraph, EventSource } from '../execute/context.ts';
import { readCostRules } from '../execute/cost/cost-rules.ts';
import { openCosts } from '../execute/cost/open-costs.ts';
import {
  domainSubgraph,
  type ExecuteHere,
  localSubgraph,
  serverSubgraph,
  wholeSubgraph,
} from '../execute/local-subgraph.ts';
import { withDefer } from '../../schema/composition/deferred.ts';
import { readGuards } from '../execute/guards.ts';
import { openOperations, type Operations } from '../execute/operations.ts';
import { type Federation, openFederation } from '../execute/plan/federation.ts';
import { loadNativePlanner, openPlanner } from '../execute/plan/open-planner.ts';
import { serverWhole, WHOLE, wholeSupergraph } from '../execute/plan/whole-supergraph.ts';
import { eventsAddress } from '../execute/remote/events-address.ts';
import { openRemoteServices, type RemoteServices } from '../execute/remote/remote-services.ts';
import type { LogFault } from '../execute/shown-error.ts';
import { inTurn } from '../in-turn.ts';
import { fittingDatasets, type Serving, serving } from './serving.ts';
import { onceAsked } from './once-asked.ts';
import { readSnapshot, type Snapshot } from './snapshot.ts';
import { warm } from './warm.ts';
import { type ReadableSubgraph, SupersededSubgraphs } from './superseded.ts';
import type { VariantRules } from '../variants/read-variants.ts';
import { type VariantRule, variantSupergraph } from '../variants/variant-supergraph.ts';
import { within } from '../../schema/within.ts';

// A NOTIFY comes in milliseconds; where one is missed, gateways still swap within 2 s.
const POLL_MS = 2_000;
// A swap of a thousand products takes seconds; who waits longer is answered without it.
const CATCH_UP_MS = 10_000;

export interface GraphDeps {
  readonly ledger: Pool;
  readonly databaseUrl: string;
  readonly openSubgraph: OpenSubgraph;
  readonly registered: RegisteredServers;
  readonly openCatalog: (graph: Graph) => ExecuteHere;
  readonly hosts: HostRules;
  readonly answerCacheBytes: number;
  readonly variants: VariantRules;
  /** The most that a planned operation may cost; null where there is no limit. */
  readonly costMax: number | null;
  readonly onCostEstimate: (cost: number) => void;
  readonly logFault: LogFault;
  readonly logger: Logger;
  /** `beganMs` is of `performance.now()`. */
  readonly onSwap: (outcome: { supergraph: number; failure: string | null; beganMs: number }) => void;
  readonly onReloadFault: (error: unknown) => void;
}

/** A part of the graph, by tags. */
export interface Variant {
  readonly supergraphSdl: string;
  readonly schema: GraphQLSchema;
  readonly operations: Operations;
}

/** The graph that is served, and how it follows the ledger. */
export interface Graph {
  /** How the remote services do. */
  readonly remotes: Pick<RemoteServices, 'states'>;
  /** How the servers of registered products do. */
  readonly registered: Pick<RegisteredServers, 'states'>;
  /** What is served now. */
  current(): Serving;
  /** Why what the ledger holds is not what is served; null where it is. */
  failure(): { readonly supergraph: number; readonly message: string } | null;
  /** What clients may ask of it. */
  schema(): GraphQLSchema;
  /** Hears of each schema that is put in place of another; what is answered ends that. */
  onSchema(listener: (schema: GraphQLSchema) => void): () => void;
  /** Those of what is served now. */
  operations(): Operations;
  /** A part of what is served now, as a graph of its own; null where there is none of that name. Throws where it is none. */
  variant(name: string): Variant | null;
  /** How a subgraph of what is served now is asked, by its name. */
  askOf(name: string): AskSubgraph;
  /** The managed subgraph at a routing URL, superseded ones for a while. */
  subgraph(url: string): ReadableSubgraph | null;
  /** Swaps from now on when the ledger moves. */
  follow(): void;
  /** Resolves once what the ledger holds now is served, so that who wrote it reads it; or once it is known that it cannot be, or after 10 s. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

/** Serves the head of the ledger, which must hold a supergraph. */
export async function openGraph(deps: GraphDeps): Promise<Graph> {
  const first = await readSnapshot(deps.ledger, null);
  if (first === null)
    throw new Error('The ledger holds no supergraph: the catalog is registered before the graph opens.');
  const opening = { managed: deps.openSubgraph, registered: deps.registered.open };
  let served = serving(first, null, opening);
  let schema = withDefer(apiSchema(first.supergraph.sdl));
  let failure: { supergraph: number; revisions: string; message: string } | null = null;
  const superseded = new SupersededSubgraphs();
  const listeners = new Set<(schema: GraphQLSchema) => void>();
  const remotes = openRemoteServices({
    hosts: deps.hosts,
    onState: (change) => deps.logger.warn(change, 'the circuit breaker of a remote service moved'),
  });
  let catalog: ExecuteHere | null = null;
  const Planner = await loadNativePlanner();
  if (Planner === null) deps.logger.warn("there is no native planner for this platform: Apollo's plans");

  const askOf = (subgraph: StoredSubgraph): AskSubgraph => {
    const { name, kind, url } = subgraph;
    if (url !== null) return remotes.ask({ ...subgraph, url });
    return kind === 'catalog'
      ? localSubgraph((catalog ??= deps.openCatalog(graph)), deps.logFault)
      : domainSubgraph(name, deps.logFault);
  };

  /** The subgraphs of a graph, as plans ask them: those of one database as one. */
  const federation = (of: Serving, asked: GraphQLSchema): Federation => {
    const wholes = wholesOf(of);
    const supergraphSdl = wholeSupergraph(of.supergraph.sdl, wholes);
    const planner = openPlanner(Planner, supergraphSdl);
    const others = of.supergraph.subgraphs.filter(({ name }) => !wholes.has(name));
    const asks = new Map(others.map((subgraph) => [subgraph.name, askOf(subgraph)]));
    asks.set(WHOLE, wholeSubgraph(deps.logFault));
    for (const key of of.servers.keys()) asks.set(serverWhole(key), serverSubgraph(key, deps.logFault));
    return openFederation({ planner, supergraphSdl, schema: asked, asks, events: eventSources(of, remotes) });
  };

  const operationsOf = (graphServed: Serving, asked: GraphQLSchema): Operations => {
    const { sdl } = graphServed.supergraph;
    const supergraph = (): DocumentNode => parse(sdl, { noLocation: true });
    return openOperations({
      schema: asked,
      whole: graphServed.whole,
      servers: [...graphServed.servers.values()],
      federation: onceAsked(() => federation(graphServed, asked)),
      guards: onceAsked(() => readGuards(supergraph())),
      costs: openCosts({
        schema: asked,
        rules: onceAsked(() => readCostRules(supergraph())),
        max: deps.costMax,
        onEstimate: deps.onCostEstimate,
      }),
      limitsCosts: deps.costMax !== null,
      answerCacheBytes: deps.answerCacheBytes,
    });
  };
  let operations = operationsOf(served, schema);
  /** Made when they are first asked for. */
  const variants = new Map<string, Variant>();
  const variantOf = (rule: VariantRule): Variant => {
    const supergraphSdl = variantSupergraph(served.supergraph.sdl, rule);
    const asked = withDefer(apiSchema(supergraphSdl));
    return { supergraphSdl, schema: asked, operations: operationsOf(served, asked) };
  };

  /** Nothing of `next` is served before all of it is open, and knows what is asked most: those who ask meanwhile are answered by the old. */
  const swap = async (next: Snapshot): Promise<void> => {
    const { id } = next.supergraph;
    const moved = id !== served.supergraph.id;
    const beganMs = performance.now();
    try {
      const opened = serving(next, served, opening);
      await turnOfOthers();
      const asked = moved ? withDefer(apiSchema(next.supergraph.sdl)) : schema;
      await turnOfOthers();
      const known = operationsOf(opened, asked);
      await warm(known, operations);
      superseded.replace(served, opened);
      [served, schema, operations] = [opened, asked, known];
      variants.clear();
      remotes.retain(next.supergraph.subgraphs);
      deps.registered.retain([...next.mesh.registered.values()].map(({ server }) => server));
      failure = null;
      if (moved) for (const listener of listeners) listener(schema);
    } catch (error) {
      const message = error instanceof Error ? error.message : 'it does not load';
      failure = { supergraph: id, revisions: next.digests.revisions, message };
      served = { ...served, datasets: fittingDatasets(served, next) };
    }
    if (moved || failure !== null) deps.onSwap({ supergraph: id, failure: failure?.message ?? null, beganMs });
  };

  const reload = async (): Promise<void> => {
    const next = await readSnapshot(deps.ledger, served);
    if (next === null || next === served) return;
    const failedBefore = failure?.supergraph === next.supergraph.id && failure.revisions === next.digests.revisions;
    if (failedBefore) served = { ...served, datasets: fittingDatasets(served, next) };
    else if (next.supergraph.id === served.supergraph.id && next.mesh === served.mesh) served = { ...served, ...next };
    else await swap(next);
  };
  const turn = inTurn();
  let waiting: Promise<void> | null = null;
  /** Who asks before a reload has begun shares it: it will see what they wrote. */
  const reloadInTurn = (): Promise<void> =>
    (waiting ??= turn(() => {
      waiting = null;
      return reload();
    }));

  let listener: ReturnType<typeof listen> | null = null;
  const graph: Graph = {
    remotes,
    registered: deps.registered,
    current: () => served,
    schema: () => schema,
    onSchema: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    operations: () => operations,
    variant: (name) => {
      const rule = Object.hasOwn(deps.variants, name) ? deps.variants[name] : undefined;
      if (rule === undefined) return null;
      const variant = variants.get(name) ?? variantOf(rule);
      variants.set(name, variant);
      return variant;
    },
    askOf: (name) => {
      const subgraph = served.supergraph.subgraphs.find((one) => one.name === name);
      if (subgraph === undefined) throw new Error(`The graph has no subgraph ${name}.`);
      return askOf(subgraph);
    },
    failure: () => failure && { supergraph: failure.supergraph, message: failure.message },
    subgraph: (url) => {
      const current = [...served.managed.values(), ...served.registered.values()].find((one) => one.url === url);
      return current ? { subgraph: current.subgraph, datasets: served.datasets } : superseded.find(url, served);
    },
    follow: () => {
      listener ??= listen(deps.databaseUrl, {
        name: 'weft gateway',
        pollMs: POLL_MS,
        onHint: reloadInTurn,
        onFault: deps.onReloadFault,
      });
    },
    catchUp: async () => {
      await within(CATCH_UP_MS, reloadInTurn().catch(deps.onReloadFault));
    },
    close: async () => {
      await listener?.stop();
      await turn(() => Promise.resolve());
      await Promise.all([remotes.close(), deps.registered.close()]);
    },
  };
  return graph;
}

/** Which whole each subgraph over SQL is part of. */
function wholesOf({ managed, registered, mesh }: Serving): Map<string, string> {
  const wholes = new Map([...managed.keys()].map((name) => [name, WHOLE]));
  for (const name of registered.keys()) wholes.set(name, serverWhole(connectionKey(mesh.registered.get(name)!.server)));
  return wholes;
}

/** What waits for this process, requests among it, comes before the next step. */
function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The remote subgraphs, as they tell of events. */
function eventSources(
  { supergraph, mesh }: Pick<Serving, 'supergraph' | 'mesh'>,
  remotes: RemoteServices,
): Map<string, EventSource> {
  return new Map(
    supergraph.subgraphs.flatMap((subgraph): [string, EventSource][] => {
      const { name, url, productId } = subgraph;
      if (url === null) return [];
      const address = eventsAddress(url, mesh.products.get(productId as ProductId));
      return [[name, remotes.events({ ...subgraph, url }, address)]];
    }),
  );
}
