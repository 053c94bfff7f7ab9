import type { DomainModel } from '../schema/contract/model.ts';
import type { DomainId } from '../schema/ids.ts';
import { routingUrl } from '../schema/ledger/promote.ts';
import type { StoredSubgraph } from '../schema/ledger/supergraphs.ts';
import type { ExecuteSubgraph, OpenSubgraph } from '../schema/reading.ts';
import type { Snapshot } from './snapshot.ts';

/** A domain's managed products, opened. */
export interface ManagedSubgraph {
  readonly url: string;
  readonly model: DomainModel;
  readonly execute: ExecuteSubgraph;
}

/** All that is served at one moment, in one immutable value; an operation keeps the one that it started with. */
export interface Serving extends Snapshot {
  /** By the subgraph's name. */
  readonly managed: ReadonlyMap<string, ManagedSubgraph>;
}

/** Opens the managed subgraphs of a snapshot; those that are as they were before are taken over. Throws where one cannot be opened. */
export function serving(snapshot: Snapshot, before: Serving | null, open: OpenSubgraph): Serving {
  const managed = new Map<string, ManagedSubgraph>();
  for (const subgraph of snapshot.supergraph.subgraphs)
    if (subgraph.kind === 'managed')
      managed.set(subgraph.name, opened(subgraph, snapshot, before?.managed.get(subgraph.name), open));
  return { ...snapshot, managed };
}

function opened(
  subgraph: StoredSubgraph,
  { mesh }: Snapshot,
  before: ManagedSubgraph | undefined,
  open: OpenSubgraph,
): ManagedSubgraph {
  const model = mesh.domains.get(subgraph.name as DomainId);
  if (model === undefined) throw new Error(`The supergraph has a subgraph ${subgraph.name}, the mesh no such domain.`);
  const url = routingUrl(subgraph);
  if (before?.url === url && isSame(before.model, model)) return before;
  return { url, model, execute: open(model, mesh) };
}

/** The same SDL is not enough: a column may have another name beneath it. Products that are unchanged are the same objects. */
function isSame(before: DomainModel, now: DomainModel): boolean {
  return (
    before.products.length === now.products.length &&
    before.products.every((product, at) => product === now.products[at]) &&
    before.references.length === now.references.length &&
    before.references.every(({ to }, at) => to === now.references[at]?.to)
  );
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
