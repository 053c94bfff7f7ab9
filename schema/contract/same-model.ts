import type { ManagedProducts } from './model.ts';

/**
 * Whether two models make the same of the same products: products that are unchanged are the same objects, and so are what references
 * join. The same SDL is not enough: a column may have another name beneath it.
 */
export function isSameModel(before: ManagedProducts, now: ManagedProducts): boolean {
  return (
    before.products.length === now.products.length &&
    before.products.every((product, at) => product === now.products[at]) &&
    before.references.length === now.references.length &&
    before.references.every(({ from, to, field }, at) => {
      const other = now.references[at];
      return other !== undefined && from === other.from && to === other.to && field === other.field;
    })
  );
}
