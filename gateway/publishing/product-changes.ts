import type { Change } from '../../schema/contract/changes/change.ts';
import { changes } from '../../schema/contract/changes/changes.ts';
import { linkedProduct } from '../../schema/contract/changes/linked-product.ts';
import type { Mesh } from '../../schema/contract/model.ts';
import type { ProductId } from '../../schema/ids.ts';
import type { Candidate } from './read-folders.ts';

/** A change with the product that it is of, where several were judged together. */
export interface ProductChange extends Change {
  readonly product: ProductId;
}

/** What candidates change of what is there, with files as those of their folders; nothing of a product that is new. */
export function changesOf(candidates: readonly Candidate[], was: Mesh, is: Mesh): ProductChange[] {
  return candidates.flatMap(({ product: { id: product }, filePrefix }) =>
    changesBetween(was, is, product).map((change) => ({
      ...change,
      file: change.file === null ? null : `${filePrefix}${change.file}`,
    })),
  );
}

/** What a product is in one mesh and not in the other; nothing where it is in one alone. */
export function changesBetween(was: Mesh, is: Mesh, product: ProductId): ProductChange[] {
  const [before, after] = [linkedProduct(was, product), linkedProduct(is, product)];
  if (before === null || after === null) return [];
  return changes(before, after).map((change) => ({ ...change, product }));
}
