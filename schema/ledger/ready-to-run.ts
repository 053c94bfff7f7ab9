import { newFindings, replaced } from '../contract/joining.ts';
import { linkMesh } from '../contract/link.ts';
import type { ProductId } from '../ids.ts';
import type { Queryable } from './connect.ts';
import { liveDatasets } from './datasets.ts';
import { comingProducts, liveProducts } from './mesh.ts';
import { pendingRevisions } from './products.ts';

/**
 * Answers whether a run of a product has what it needs: it is managed, and all that it reads has data. One that would bring the
 * product's first data of a shape also waits for inputs that change theirs, and for products that its revision needs to go live.
 */
export async function readyToRun(db: Queryable): Promise<(id: ProductId) => boolean> {
  const live = await liveProducts(db);
  const known = linkMesh(live).findings;
  const { mesh } = linkMesh(await comingProducts(db));
  const pending = new Set((await pendingRevisions(db)).map(({ productId }) => productId));
  const loaded = new Set((await liveDatasets(db)).map(({ productId }) => productId));
  return (id) => {
    const product = mesh.products.get(id);
    const inputs = (mesh.inputs.get(id) ?? []).map((input) => input.product);
    if (product?.kind !== 'managed' || inputs.some((input) => !loaded.has(input))) return false;
    if (loaded.has(id) && !pending.has(id)) return true;
    if (inputs.some((input) => pending.has(input))) return false;
    return newFindings(known, replaced(live, [product])).every(({ severity }) => severity !== 'error');
  };
}
