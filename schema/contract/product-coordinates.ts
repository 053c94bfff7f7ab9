import {
  type DefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  isTypeDefinitionNode,
  Kind,
  type OperationTypeNode,
  parse,
} from 'graphql';
import { linkedProduct } from './changes/linked-product.ts';
import type { Mesh, Product } from './model.ts';
import { sharedDefinitions } from './sdl-text.ts';
import { subgraphSdl } from './sdl.ts';

const ROOTS: Readonly<Record<OperationTypeNode, string>> = {
  query: 'Query',
  mutation: 'Mutation',
  subscription: 'Subscription',
};
/** Every subgraph has it. */
const PAGE_INFO = 'PageInfo';

const known = new WeakMap<Mesh, Map<Product, ReadonlySet<string>>>();

/**
 * The schema coordinates that are in the graph because of a product: its types with all their members, its root fields, and what its
 * relationships add to the types of others. Not what is alike in all subgraphs (`StringFilter`), nor what others own.
 */
export function productCoordinates(mesh: Mesh, product: Product): ReadonlySet<string> {
  const ofMesh = known.get(mesh) ?? new Map<Product, ReadonlySet<string>>();
  known.set(mesh, ofMesh);
  const before = ofMesh.get(product);
  if (before !== undefined) return before;
  const found = new Set<string>(product.remote === null ? managed(mesh, product) : remote(mesh, product.remote.sdl));
  ofMesh.set(product, found);
  return found;
}

function managed(mesh: Mesh, product: Product): string[] {
  const references = (linkedProduct(mesh, product.id)?.references ?? []).filter(
    ({ fromProduct }) => fromProduct === product.id,
  );
  const own = new Set(product.objects.map(({ type }) => type));
  const foreign = new Map(references.filter(({ to }) => !own.has(to.type)).map(({ to }) => [to.type, to]));
  const keys = [...foreign.values()].flatMap(({ key }) => key);
  const others = new Set<string>([
    PAGE_INFO,
    ...keys.flatMap(({ enum: values }) => (values === null ? [] : [values.type, `${values.type}Filter`])),
    ...[...foreign.values()].flatMap(({ type, key }) => [type, ...key.map(({ field }) => `${type}.${field}`)]),
    ...definitionsIn(
      sharedDefinitions(product.objects, keys)
        .map((lines) => lines.join('\n'))
        .join('\n'),
    ).flatMap(nameOf),
  ]);
  const isOthers = (coordinate: string): boolean => {
    const type = coordinate.replace(/\..*$/, '');
    return others.has(coordinate) || (others.has(type) && !foreign.has(type));
  };
  return definitionsIn(subgraphSdl({ products: [product], references }))
    .flatMap((node) => coordinatesOf(node, {}))
    .filter((coordinate) => !isOthers(coordinate));
}

/** A type that a managed product has is that one's: only fields that the service adds to it count, not the key it is found by. */
function remote(mesh: Mesh, sdl: string): string[] {
  const managedFields = new Map<string, ReadonlySet<string>>(
    [...mesh.products.values()].flatMap(({ kind, objects }) =>
      kind === 'remote'
        ? []
        : objects.map(({ type, properties }) => [type, new Set(properties.map(({ field }) => `${type}.${field}`))]),
    ),
  );
  const definitions = definitionsIn(sdl);
  const roots: Record<string, string> = {};
  for (const node of definitions)
    if (node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION)
      for (const { operation, type } of node.operationTypes ?? []) roots[type.name.value] = ROOTS[operation];
  return definitions
    .flatMap((node) => coordinatesOf(node, roots))
    .filter((coordinate) => {
      const type = coordinate.replace(/\..*$/, '');
      if (type === PAGE_INFO) return false;
      return coordinate === type ? !managedFields.has(type) : managedFields.get(type)?.has(coordinate) !== true;
    });
}

function definitionsIn(sdl: string): readonly DefinitionNode[] {
  return sdl.trim() === '' ? [] : parse(sdl, { noLocation: true }).definitions;
}

function nameOf(node: DefinitionNode): string[] {
  return isTypeDefinitionNode(node) ? [node.name.value] : [];
}

function coordinatesOf(node: DefinitionNode, roots: Readonly<Record<string, string>>): string[] {
  switch (node.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.OBJECT_TYPE_EXTENSION:
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_EXTENSION: {
      const type = Object.hasOwn(roots, node.name.value) ? roots[node.name.value]! : node.name.value;
      const fields = (node.fields ?? []).filter((field) => !isExternal(field)).flatMap((field) => ofField(type, field));
      return Object.values(ROOTS).includes(type) ? fields : [type, ...fields];
    }
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
    case Kind.INPUT_OBJECT_TYPE_EXTENSION:
    case Kind.ENUM_TYPE_DEFINITION:
    case Kind.ENUM_TYPE_EXTENSION: {
      const { value: type } = node.name;
      const members = 'fields' in node ? node.fields : 'values' in node ? node.values : undefined;
      return [type, ...(members ?? []).map(({ name }) => `${type}.${name.value}`)];
    }
    case Kind.UNION_TYPE_DEFINITION:
    case Kind.SCALAR_TYPE_DEFINITION:
      return [node.name.value];
    default:
      return [];
  }
}

function ofField(type: string, { name, arguments: given = [] }: FieldDefinitionNode): string[] {
  const field = `${type}.${name.value}`;
  return [field, ...given.map((argument: InputValueDefinitionNode) => `${field}(${argument.name.value}:)`)];
}

/** Of another subgraph, and only named here. */
function isExternal({ directives = [] }: FieldDefinitionNode): boolean {
  return directives.some(({ name }) => /^(?:federation__)?external$/.test(name.value));
}
