import {
  derivedText,
  type ExportFormat,
  isPublishedText,
  publishedText,
} from '../../schema/contract/exports/export-product.ts';
import { replaced } from '../../schema/contract/joining.ts';
import { linkMesh } from '../../schema/contract/link.ts';
import type { Mesh, ProductFile } from '../../schema/contract/model.ts';
import type { ProductId } from '../../schema/ids.ts';
import type { Queryable } from '../../schema/ledger/connect.ts';
import { liveOrNewestRevision, requireRevision } from '../../schema/ledger/products.ts';
import { pastProduct } from './past-product.ts';

/**
 * A product as documents of a standard: of one revision, or of the live one (the newest, where none is live). What was published comes
 * back letter by letter; what is derived is derived in `mesh`, with that revision in it. Refuses where today's rules read it no more.
 */
export async function exportProduct(
  ledger: Queryable,
  ask: { id: ProductId; format: ExportFormat; revision: number | null; mesh: Mesh },
): Promise<ProductFile[]> {
  const { id, format, mesh } = ask;
  const stored =
    ask.revision === null ? await liveOrNewestRevision(ledger, id) : await requireRevision(ledger, id, ask.revision);
  const { files, revision, publishedAt } = stored;
  if (isPublishedText(format)) return publishedText(files, format);
  const served = ask.revision === null ? mesh.products.get(id) : undefined;
  if (served !== undefined) return derivedText({ product: served, mesh, publishedAt }, format);
  const product = await pastProduct(ledger, id, revision);
  const then = linkMesh(replaced([...mesh.products.values()], [product])).mesh;
  return derivedText({ product, mesh: then, publishedAt }, format);
}
