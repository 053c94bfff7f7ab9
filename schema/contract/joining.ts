import { passes, type Finding } from '../findings.ts';
import { linkMesh } from './link.ts';
import type { Product } from './model.ts';

/** Those of the waiting products that can join the others together, without an error that is not there already. */
export function joinable(products: readonly Product[], waiting: readonly Product[]): Product[] {
  const known = linkMesh(products).findings;
  const broughtBy = (some: readonly Product[]): Finding[] => newFindings(known, replaced(products, some));
  let joining = [...waiting];
  for (;;) {
    const brought = broughtBy(joining);
    if (joining.length === 0 || passes(brought)) return joining;
    const ids = new Set(brought.filter(({ severity }) => severity === 'error').map((finding) => finding.product));
    const blamed = joining.filter(({ id }) => ids.has(id));
    // Where those who would break are others, the ones wait who break them by themselves.
    const unfit = blamed.length > 0 ? blamed : joining.filter((one) => !passes(broughtBy([one])));
    joining = unfit.length > 0 ? joining.filter((one) => !unfit.includes(one)) : [];
  }
}

/** What linking the products finds beyond what was known before. */
export function newFindings(known: readonly Finding[], products: readonly Product[]): Finding[] {
  const before = new Set(known.map(identity));
  return linkMesh(products).findings.filter((finding) => !before.has(identity(finding)));
}

/** The products with some of them replaced, or added; of what a product was called before, its documents say nothing. */
export function replaced(products: readonly Product[], by: readonly Product[]): Product[] {
  const ids = new Set(by.map(({ id }) => id));
  const former = new Map(
    products.flatMap(({ id, formerIds }) => (formerIds === undefined ? [] : [[id, formerIds] as const])),
  );
  return [
    ...products.filter(({ id }) => !ids.has(id)),
    ...by.map((one) => {
      const formerIds = one.formerIds ?? former.get(one.id);
      return formerIds === one.formerIds || formerIds === undefined ? one : { ...one, formerIds };
    }),
  ];
}

function identity({ code, product, message }: Finding): string {
  return `${code} ${product} ${message}`;
}
