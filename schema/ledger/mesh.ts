import { linkMesh } from '../contract/link.ts';
import type { Mesh, Product } from '../contract/model.ts';
import { readProduct } from '../contract/read.ts';
import type { Queryable } from './connect.ts';
import { liveRevisions, pendingRevisions, type StoredRevision } from './products.ts';

/** Products read before, by product and digest: documents never change under a digest. One entry a product. */
const read = new Map<string, { readonly digest: string; readonly product: Product }>();

/** The product that a stored revision describes. Throws where it no longer reads: it was checked when it was published. */
export function productOf(revision: StoredRevision): Product {
  const known = read.get(revision.productId);
  if (known?.digest === revision.digest) return known.product;
  const folder = revision.productId.slice(revision.productId.indexOf('/') + 1);
  const { product, findings } = readProduct(revision.files, { folder });
  if (product === null)
    throw new Error(
      `Revision ${revision.revision} of ${revision.productId} does not read: ${findings.map(({ message }) => message).join(' ')}`,
    );
  read.set(revision.productId, { digest: revision.digest, product });
  return product;
}

/** The live products, as the ledger has them now. */
export async function liveProducts(db: Queryable): Promise<Product[]> {
  return (await liveRevisions(db)).map(productOf);
}

/** The products as they will be once what waits for its data is live. */
export async function comingProducts(db: Queryable): Promise<Product[]> {
  const pending = (await pendingRevisions(db)).map(productOf);
  const ids = new Set(pending.map(({ id }) => id));
  return [...(await liveProducts(db)).filter(({ id }) => !ids.has(id)), ...pending];
}

/** The live products, linked. */
export async function liveMesh(db: Queryable): Promise<Mesh> {
  return linkMesh(await liveProducts(db)).mesh;
}
