import type { ManagedProducts } from './model.ts';

/** Products of several domains as if they were of one. */
export function together(models: Iterable<ManagedProducts>): ManagedProducts {
  const all = [...models];
  return {
    products: all.flatMap(({ products }) => products),
    references: all.flatMap(({ references }) => references),
  };
}
