import { Kind, parse } from 'graphql';
import type { Mesh, Product } from './model.ts';
import type { ProductId } from '../ids.ts';

/** How one product depends on another: by an input port, by a relationship of its contract, or by extending its type. */
export interface Dependency {
  readonly from: ProductId;
  readonly to: ProductId;
  readonly kind: 'READS' | 'REFERS' | 'EXTENDS';
}

const known = new WeakMap<Mesh, readonly Dependency[]>();

/** Every dependency between products of the mesh, once each, in the order of ids. A mesh never changes: found once. */
export function dependencies(mesh: Mesh): readonly Dependency[] {
  const found = known.get(mesh) ?? dependenciesOf(mesh);
  known.set(mesh, found);
  return found;
}

function dependenciesOf(mesh: Mesh): Dependency[] {
  const found = new Map<string, Dependency>();
  const add = (from: ProductId, to: ProductId, kind: Dependency['kind']): void => {
    if (from !== to) found.set(`${from} ${to} ${kind}`, { from, to, kind });
  };
  for (const [id, inputs] of mesh.inputs) for (const { product } of inputs) add(id, product, 'READS');
  for (const { references } of [...mesh.domains.values(), ...mesh.registered.values()])
    for (const { fromProduct, toProduct } of references) add(fromProduct, toProduct, 'REFERS');
  const owners = typeOwners(mesh);
  for (const product of mesh.products.values())
    for (const type of typesOf(product)) {
      const owner = owners.get(type);
      if (owner !== undefined) add(product.id, owner, 'EXTENDS');
    }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, dependency]) => dependency);
}

function typeOwners(mesh: Mesh): Map<string, ProductId> {
  const owners = [...mesh.products.values()].filter(({ kind }) => kind !== 'remote');
  return new Map(owners.flatMap(({ id, objects }) => objects.map(({ type }) => [type, id] as const)));
}

/** Object types that a remote service's SDL has a part in. */
function typesOf({ remote }: Product): string[] {
  if (remote === null) return [];
  return parse(remote.sdl, { noLocation: true }).definitions.flatMap((node) =>
    node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION ? [node.name.value] : [],
  );
}
