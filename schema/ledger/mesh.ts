import { linkMesh } from '../contract/link.ts';
import type { Mesh, Product } from '../contract/model.ts';
import { readProduct } from '../contract/read.ts';
import type { ProductId } from '../ids.ts';
import type { Queryable } from './connect.ts';
import { liveRevisions, pendingRevisions, revisionFiles, type RevisionRow, type StoredRevision } from './products.ts';

/** Products read before, by id and digest: documents never change under a digest. The last two of each: what is live, and what is coming. */
const read = new Map<ProductId, readonly ReadRevision[]>();

interface ReadRevision {
  readonly digest: string;
  readonly product: Product;
}

/** The product that a stored revision describes. Throws where it no longer reads: it was checked when it was published. */
export function productOf(revision: Described & Pick<StoredRevision, 'revision' | 'files'>): Product {
  const known = knownProduct(revision);
  if (known !== null) return known;
  const folder = revision.productId.slice(revision.productId.indexOf('/') + 1);
  const { product, findings } = readProduct(revision.files, { folder });
  if (product === null)
    throw new Error(
      `Revision ${revision.revision} of ${revision.productId} does not read: ${findings.map(({ message }) => message).join(' ')}`,
    );
  const { formerIds } = revision;
  const named = formerIds.length === 0 ? product : { ...product, formerIds };
  const [last] = read.get(revision.productId) ?? [];
  const digest = digestOf(revision);
  read.set(revision.productId, [{ digest, product: named }, ...(last === undefined ? [] : [last])]);
  return named;
}

/** The products of revisions, in their order; the ledger is asked for the documents of those alone that were not read before. */
export async function productsOf(db: Queryable, revisions: readonly RevisionRow[]): Promise<Product[]> {
  const products = new Map(revisions.map((revision) => [revision, knownProduct(revision)]));
  const unknown = revisions.filter((revision) => products.get(revision) === null);
  const stored = unknown.length === 0 ? [] : await revisionFiles(db, unknown);
  const files = new Map(stored.map((one) => [one.productId, one.files]));
  return revisions.map(
    (revision) => products.get(revision) ?? productOf({ ...revision, files: files.get(revision.productId) ?? [] }),
  );
}

/** The live products, as the ledger has them now. */
export async function liveProducts(db: Queryable): Promise<Product[]> {
  return productsOf(db, await liveRevisions(db));
}

/** The products as they will be once what waits for its data is live. */
export async function comingProducts(db: Queryable): Promise<Product[]> {
  const pending = await productsOf(db, await pendingRevisions(db));
  const ids = new Set(pending.map(({ id }) => id));
  return [...(await liveProducts(db)).filter(({ id }) => !ids.has(id)), ...pending];
}

/** The live products, linked. */
export async function liveMesh(db: Queryable): Promise<Mesh> {
  return linkMesh(await liveProducts(db)).mesh;
}

type Described = Pick<RevisionRow, 'productId' | 'digest' | 'formerIds'>;

function knownProduct(revision: Described): Product | null {
  const digest = digestOf(revision);
  return read.get(revision.productId)?.find((one) => one.digest === digest)?.product ?? null;
}

/** Of all that makes the product: its documents, and what it was called. */
function digestOf({ digest, formerIds }: Described): string {
  return [digest, ...formerIds].join(' ');
}
