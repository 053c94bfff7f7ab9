import type { Mesh } from '../../schema/contract/model.ts';
import type { ProductId } from '../../schema/ids.ts';
import { type Pool, type Queryable, transaction } from '../../schema/ledger/connect.ts';
import { type LiveDataset, liveDatasets } from '../../schema/ledger/datasets.ts';
import { liveMesh } from '../../schema/ledger/mesh.ts';
import { liveDigests } from '../../schema/ledger/products.ts';
import { headId, headSupergraph, type StoredSupergraph } from '../../schema/ledger/supergraphs.ts';

/** What the ledger says at one moment: the graph, the products that it is made of, and the versions of their data. */
export interface Snapshot {
  readonly supergraph: StoredSupergraph;
  readonly mesh: Mesh;
  readonly datasets: ReadonlyMap<ProductId, LiveDataset>;
  /** Tell cheaply whether mesh and datasets are still what the ledger says. */
  readonly digests: { readonly revisions: string; readonly versions: string };
}

/** Reads the ledger at one moment, and only what differs from `before`; null as long as it holds no graph. */
export function readSnapshot(ledger: Pool, before: Snapshot | null): Promise<Snapshot | null> {
  return transaction(ledger, async (trx) => {
    await trx.query('set transaction isolation level repeatable read read only');
    const digests = await liveDigests(trx);
    const sameGraph = before !== null && before.supergraph.id === (await headId(trx));
    const supergraph = sameGraph ? before.supergraph : await headSupergraph(trx);
    if (supergraph === null) return null;
    // A publish may change what is no part of the graph (team, SLA): then the mesh is new under the same head.
    const sameMesh = before?.digests.revisions === digests.revisions;
    const mesh = sameMesh ? before.mesh : await liveMesh(trx);
    const sameData = sameMesh && before.digests.versions === digests.versions;
    if (sameGraph && sameData) return before;
    return { supergraph, mesh, datasets: sameData ? before.datasets : await datasetsById(trx), digests };
  });
}

async function datasetsById(db: Queryable): Promise<Snapshot['datasets']> {
  return new Map((await liveDatasets(db)).map((dataset) => [dataset.productId, dataset]));
}
