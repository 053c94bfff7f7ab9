import { graphShare, referenceOwner } from './changes/graph-share.ts';
import { linkedProduct } from './changes/linked-product.ts';
import { ownerPlaces } from './changes/owner-places.ts';
import type { Mesh, Product } from './model.ts';
import { sdlDefinitions } from './sdl-definitions.ts';

/** Where a part of a subgraph comes from: a product, and where in its documents; null where that is a whole file, or cannot be told. */
export interface Origin {
  readonly product: Product;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly path: string | null;
}

/** What finds origins by a subgraph's name and a schema coordinate. */
export type GraphOrigins = (subgraph: string, coordinate: string) => Origin | null;

/**
 * Finds of which product each subgraph of a mesh has a part of the graph (`Airport.name`, `Query.airports`): the contract's object,
 * property or relationship that it is derived from, or the place in a service's SDL. Null where the subgraph does not have it.
 */
export function graphOrigins(mesh: Mesh): GraphOrigins {
  const finders = new Map<string, (coordinate: string) => Origin | null>();
  const finderOf = (product: Product): ((coordinate: string) => Origin | null) => {
    const known =
      finders.get(product.id) ?? (product.remote === null ? derivedFrom(mesh, product) : writtenIn(product));
    finders.set(product.id, known);
    return known;
  };
  return (subgraph, coordinate) => {
    const found = productsOf(mesh, subgraph).flatMap((product) => finderOf(product)(coordinate) ?? []);
    return found.find(({ path, line }) => path !== null || line !== null) ?? found[0] ?? null;
  };
}

function productsOf(mesh: Mesh, subgraph: string): readonly Product[] {
  const derived = [...mesh.domains.values()].find(({ domain }) => domain === subgraph) ?? mesh.registered.get(subgraph);
  return (
    derived?.products ?? [...mesh.products.values()].filter(({ id, remote }) => id === subgraph && remote !== null)
  );
}

function derivedFrom(mesh: Mesh, product: Product): (coordinate: string) => Origin | null {
  const linked = linkedProduct(mesh, product.id)!;
  const { ownerOf } = graphShare(linked);
  const placeOf = ownerPlaces(linked);
  // Of another subgraph's type it has the key, because it refers to it.
  const references = linked.references.filter(({ fromProduct }) => fromProduct === product.id);
  return (coordinate) => {
    const owner = ownerOf(coordinate);
    const reference = references.find(({ to }) => to.type === coordinate.replace(/\..*$/, ''));
    const place = owner === null ? reference && placeOf(referenceOwner(reference)) : placeOf(owner);
    if (owner === null && reference === undefined) return null;
    const { file = null, path = null } = place ?? {};
    const { line, column } = (file !== null && path !== null && product.locate(file, path)) || NOWHERE;
    return { product, file, line, column, path };
  };
}

function writtenIn(product: Product): (coordinate: string) => Origin | null {
  const definitions = sdlDefinitions(product);
  return (coordinate) => {
    const [type, member] = coordinate.replace(/\(.*$/, '').split('.');
    const own = definitions.filter(({ name }) => name === type);
    const at =
      member === undefined ? own[0]?.at : own.flatMap(({ members }) => members).find(({ name }) => name === member)?.at;
    return at === undefined ? null : { product, ...at, path: null };
  };
}

const NOWHERE = { line: null, column: null };
