import type { ProductId } from '../../ids.ts';
import type { Mesh, Product, Reference } from '../model.ts';

/** A product as it stands in a mesh: with the relationships that begin or end at it. */
export interface LinkedProduct {
  readonly product: Product;
  readonly references: readonly Reference[];
}

/** The product in the mesh; null where it is not there. */
export function linkedProduct(mesh: Mesh, id: ProductId): LinkedProduct | null {
  const product = mesh.products.get(id);
  if (product === undefined) return null;
  const references = [...mesh.domains.values(), ...mesh.registered.values()].flatMap((model) =>
    model.references.filter(({ fromProduct, toProduct }) => fromProduct === id || toProduct === id),
  );
  return { product, references };
}
