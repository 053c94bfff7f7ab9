import type { Product } from '../../schema/contract/model.ts';
import { readProduct } from '../../schema/contract/read.ts';
import { currentDocuments } from '../../schema/contract/renamed-documents.ts';
import { Refusal } from '../../schema/errors.ts';
import type { ProductId } from '../../schema/ids.ts';
import type { Queryable } from '../../schema/ledger/connect.ts';
import { requireRevision } from '../../schema/ledger/products.ts';

/** A product as one of its revisions describes it; refuses documents that today's rules no longer read, with what is wrong. */
export async function pastProduct(db: Queryable, id: ProductId, revision: number): Promise<Product> {
  const files = currentDocuments(await requireRevision(db, id, revision));
  const { product, findings } = readProduct(files, { folder: id.slice(id.indexOf('/') + 1) });
  if (product !== null) return product;
  const message = `Revision ${revision} of ${id} was published by other rules, and does not read by those of today.`;
  throw new Refusal('CONTRACT_INVALID', message, { findings });
}
