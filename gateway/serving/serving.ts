import type { DomainModel, Mesh, RegisteredModel } from '../../schema/contract/model.ts';
import { connectionKey, type PostgresServer } from '../../schema/contract/postgres-server.ts';
import { isSameModel } from '../../schema/contract/same-model.ts';
import { together } from '../../schema/contract/together.ts';
import type { DomainId } from '../../schema/ids.ts';
import { routingUrl } from '../../schema/ledger/promote.ts';
import type { StoredSubgraph } from '../../schema/ledger/supergraphs.ts';
import type { ManagedSubgraph, OpenSubgraph } from '../../schema/reading.ts';
import type { Snapshot } from './snapshot.ts';

/** A domain's managed products, or its registered ones of one server, opened. */
export interface DomainSubgraph {
  readonly url: string;
  readonly model: DomainModel;
  readonly subgraph: ManagedSubgraph;
}

/** How products are opened. */
export interface Opening {
  readonly managed: OpenSubgraph;
  readonly registered: (server: PostgresServer) => OpenSubgraph;
}

/** All that is served at one moment, in one immutable value; an operation keeps the one that it started with. */
export interface Serving extends Snapshot {
  /** By the subgraph's name. */
  readonly managed: ReadonlyMap<string, DomainSubgraph>;
  /**
   * The managed products of all domains as one subgraph: what lies in them alone is one statement, across domains too. Null
   * where there are none.
   */
  readonly whole: ManagedSubgraph | null;
  /** By the subgraph's name. */
  readonly registered: ReadonlyMap<string, DomainSubgraph>;
  /** The registered products of each server as one, by `connectionKey`: what lies on it alone is one statement. */
  readonly servers: ReadonlyMap<string, ManagedSubgraph>;
}

/** Opens the subgraphs over SQL of a snapshot; those that are as they were before are taken over. Throws where one cannot be opened. */
export function serving(snapshot: Snapshot, before: Serving | null, open: Opening): Serving {
  const { mesh } = snapshot;
  const managed = new Map<string, DomainSubgraph>();
  const registered = new Map<string, DomainSubgraph>();
  for (const subgraph of snapshot.supergraph.subgraphs) {
    const { name, kind } = subgraph;
    if (kind === 'managed') {
      const model = mesh.domains.get(name as DomainId);
      managed.set(name, opened(subgraph, model, before?.managed.get(name), open.managed));
    } else if (kind === 'registered') {
      const model = mesh.registered.get(name);
      const openHere: OpenSubgraph = (products) => open.registered(model!.server)(products);
      registered.set(name, opened(subgraph, model, before?.registered.get(name), openHere));
    }
  }
  const isSameWhole = before !== null && sameValues(before.managed, managed);
  const whole = isSameWhole ? before.whole : managed.size === 0 ? null : open.managed(together(mesh.domains.values()));
  const isSameServers = before !== null && sameValues(before.registered, registered);
  const servers = isSameServers ? before.servers : openServers(mesh, open);
  return { ...snapshot, managed, whole, registered, servers };
}

function openServers({ registered }: Mesh, open: Opening): Map<string, ManagedSubgraph> {
  const byKey = new Map<string, RegisteredModel[]>();
  for (const model of registered.values()) {
    const key = connectionKey(model.server);
    byKey.set(key, [...(byKey.get(key) ?? []), model]);
  }
  return new Map([...byKey].map(([key, models]) => [key, open.registered(models[0]!.server)(together(models))]));
}

function sameValues<Value>(before: ReadonlyMap<string, Value>, now: ReadonlyMap<string, Value>): boolean {
  return before.size === now.size && [...now].every(([key, value]) => before.get(key) === value);
}

function opened(
  subgraph: StoredSubgraph,
  model: DomainModel | undefined,
  before: DomainSubgraph | undefined,
  open: OpenSubgraph,
): DomainSubgraph {
  if (model === undefined)
    throw new Error(`The supergraph has a subgraph ${subgraph.name}, the mesh no such products.`);
  const url = routingUrl(subgraph);
  if (before?.url === url && isSameModel(before.model, model)) return before;
  return { url, model, subgraph: open(model) };
}

/**
 * What an older graph reads by now: the newest data, but for products whose tables have got a shape since that it does not know;
 * of these the versions that it had.
 */
export function fittingDatasets(old: Pick<Serving, 'mesh' | 'datasets'>, now: Snapshot): Snapshot['datasets'] {
  const datasets = new Map(old.datasets);
  for (const [id, dataset] of now.datasets)
    if (now.mesh.products.get(id)?.dataDigest === old.mesh.products.get(id)?.dataDigest) datasets.set(id, dataset);
  return datasets;
}
