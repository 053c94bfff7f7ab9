import type { DomainModel, ManagedProducts, Mesh } from '../schema/contract/model.ts';
import type { DomainId } from '../schema/ids.ts';
import { routingUrl } from '../schema/ledger/promote.ts';
import type { StoredSubgraph } from '../schema/ledger/supergraphs.ts';
import type { ManagedSubgraph, OpenSubgraph } from '../schema/reading.ts';
import type { Snapshot } from './snapshot.ts';

/** A domain's managed products, opened. */
export interface DomainSubgraph {
  readonly url: string;
  readonly model: DomainModel;
  readonly subgraph: ManagedSubgraph;
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
}

/** Opens the managed subgraphs of a snapshot; those that are as they were before are taken over. Throws where one cannot be opened. */
export function serving(snapshot: Snapshot, before: Serving | null, open: OpenSubgraph): Serving {
  const managed = new Map<string, DomainSubgraph>();
  for (const subgraph of snapshot.supergraph.subgraphs)
    if (subgraph.kind === 'managed')
      managed.set(subgraph.name, opened(subgraph, snapshot, before?.managed.get(subgraph.name), open));
  if (before !== null && sameValues(before.managed, managed)) return { ...snapshot, managed, whole: before.whole };
  return { ...snapshot, managed, whole: managed.size === 0 ? null : open(everyDomain(snapshot.mesh)) };
}

function everyDomain({ domains }: Mesh): ManagedProducts {
  const models = [...domains.values()];
  return {
    products: models.flatMap(({ products }) => products),
    references: models.flatMap(({ references }) => references),
  };
}

function sameValues<Value>(before: ReadonlyMap<string, Value>, now: ReadonlyMap<string, Value>): boolean {
  return before.size === now.size && [...now].every(([key, value]) => before.get(key) === value);
}

function opened(
  subgraph: StoredSubgraph,
  { mesh }: Snapshot,
  before: DomainSubgraph | undefined,
  open: OpenSubgraph,
): DomainSubgraph {
  const model = mesh.domains.get(subgraph.name as DomainId);
  if (model === undefined) throw new Error(`The supergraph has a subgraph ${subgraph.name}, the mesh no such domain.`);
  const url = routingUrl(subgraph);
  if (before?.url === url && isSame(before.model, model)) return before;
  return { url, model, subgraph: open(model) };
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
