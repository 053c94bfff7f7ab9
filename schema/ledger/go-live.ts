import { linkMesh } from '../contract/link.ts';
import { joinable, newFindings, replaced } from '../contract/joining.ts';
import type { Mesh, Product } from '../contract/model.ts';
import type { Finding } from '../findings.ts';
import type { ProductId } from '../ids.ts';
import type { Transaction } from './connect.ts';
import { emit } from './events.ts';
import { liveProducts, productsOf } from './mesh.ts';
import { makeLive, newestRevisions, type NewestRevision, pendingRevisions } from './products.ts';
import { promote, type Promotion } from './promote.ts';

export interface WentLive {
  readonly promotion: Promotion;
  /** What is live now and was pending before. */
  readonly ids: readonly ProductId[];
}

/**
 * Makes pending revisions live and their graph the served one: `ready`, whose data is there or which need none, and with them
 * those that waited for nothing else. Under `lockHead`. What does not link with the rest goes on waiting; where the graph would not
 * compose nothing is written, and the promotion says why. Each that went is told by an event.
 */
export async function goLive(
  trx: Transaction,
  { ready, cause }: { ready: readonly ProductId[]; cause: string },
): Promise<WentLive> {
  const live = await liveProducts(trx);
  const newest = await newestRevisions(trx);
  const pending = await pendingRevisions(trx);
  const able = pending.filter(({ productId }) => ready.includes(productId) || !needsData(newest.get(productId)));
  const joining = joinable(live, await productsOf(trx, able)).map(({ id }) => id);
  const wanted = pending.filter(({ productId }) => ready.includes(productId));
  const asked = joinable(live, await productsOf(trx, wanted));
  // One that links and does not compose must not hold back those that were asked for.
  const attempts = [joining, asked.map(({ id }) => id)].filter(
    (ids, at, all) => at === 0 || ids.length < all[0]!.length,
  );
  let promotion: Promotion | null = null;
  for (const ids of attempts) {
    const going = pending.filter(({ productId }) => ids.includes(productId));
    const mesh = meshOf(live, await productsOf(trx, going));
    promotion = await promote(trx, { mesh, cause: cause.slice(0, 1_000), own: ids });
    if (!promotion.promoted) continue;
    for (const { productId, revision } of going) {
      await makeLive(trx, productId, revision);
      await emit(trx, { type: 'product.published', subject: productId, payload: { revision } });
    }
    return { promotion, ids };
  }
  return { promotion: promotion!, ids: [] };
}

/** Errors that a pending revision would bring to the graph as it is now: why it waits for others. */
export async function hindrances(trx: Transaction, product: Product): Promise<Finding[]> {
  const live = await liveProducts(trx);
  return newFindings(linkMesh(live).findings, replaced(live, [product])).filter(({ severity }) => severity === 'error');
}

/** True where readers have data of another shape: the revision goes live with its own first data. */
export function needsData(newest: NewestRevision | undefined): boolean {
  return (
    newest !== undefined &&
    newest.liveVersion !== null &&
    newest.liveDataDigest !== null &&
    newest.liveDataDigest !== newest.dataDigest
  );
}

function meshOf(live: readonly Product[], going: readonly Product[]): Mesh {
  return linkMesh(replaced(live, going)).mesh;
}
