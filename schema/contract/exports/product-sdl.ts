import { type DefinitionNode, type FieldDefinitionNode, Kind, parse, print, visit } from 'graphql';
import type { DomainModel, Mesh, Product, SchemaObject } from '../model.ts';
import { subgraphSdl } from '../sdl.ts';

type Named = DefinitionNode & { readonly name: { readonly value: string } };

/** Parsed once for a domain as it is: a list of products asks for the same again. */
const parsed = new WeakMap<DomainModel, readonly DefinitionNode[]>();

/**
 * The product's part of the graph, as a Federation 2 schema that stands by itself: its root fields and types with all that they
 * need. Types of other products are their keys alone, and what other products add to its types is theirs. A remote product's is the
 * SDL that it published.
 */
export function productSdl(product: Product, mesh: Mesh): string {
  if (product.remote !== null) return product.remote.sdl;
  const models = [...mesh.domains.values(), ...mesh.registered.values()];
  const domain = models.find(({ products }) => products.some(({ id }) => id === product.id));
  if (domain === undefined) return '';
  const definitions = parsed.get(domain) ?? parse(subgraphSdl(domain), { noLocation: true }).definitions;
  parsed.set(domain, definitions);
  const own = new Map(product.objects.map((object) => [object.type, object]));
  const others = othersTypes(domain, own);
  const roots = new Set(
    product.objects.flatMap(({ oneField, listField, aggregateField }) => [oneField, listField, aggregateField]),
  );
  const added = new Set(
    domain.references
      .filter(({ fromProduct, toProduct }) => toProduct === product.id && fromProduct !== product.id)
      .flatMap(({ to, reverseField, reverseAggregateField }) => [
        `${to.type}.${reverseField}`,
        `${to.type}.${reverseAggregateField}`,
      ]),
  );
  const isOfProduct = (type: string, field: FieldDefinitionNode): boolean => {
    const name = field.name.value;
    if (type === 'Query') return roots.has(name);
    const other = others.get(type);
    return other === undefined ? !added.has(`${type}.${name}`) : other.key.some((property) => property.field === name);
  };
  const cut = definitions.map((node) =>
    node.kind === Kind.OBJECT_TYPE_DEFINITION
      ? { ...node, fields: (node.fields ?? []).filter((field) => isOfProduct(node.name.value, field)) }
      : node,
  );
  const needed = reachable(cut, 'Query');
  return `${cut
    .filter((node) => !isNamed(node) || needed.has(node.name.value))
    .map(print)
    .join('\n\n')}\n`;
}

/** Objects of other products, by their types: those of the domain, and those that its relationships lead to. */
function othersTypes(domain: DomainModel, own: ReadonlyMap<string, SchemaObject>): Map<string, SchemaObject> {
  const objects = [
    ...domain.products.flatMap((product) => product.objects),
    ...domain.references.flatMap(({ from, to }) => [from, to]),
  ];
  return new Map(objects.filter(({ type }) => !own.has(type)).map((object) => [object.type, object]));
}

/** Names of the types that one needs, itself among them. */
function reachable(definitions: readonly DefinitionNode[], root: string): ReadonlySet<string> {
  const byName = new Map(definitions.filter(isNamed).map((node) => [node.name.value, node]));
  const found = new Set([root]);
  // A Set is walked in the order of insertion, what is added on the way too.
  for (const name of found) {
    const node = byName.get(name);
    if (node !== undefined) visit(node, { NamedType: (type) => void found.add(type.name.value) });
  }
  return found;
}

function isNamed(node: DefinitionNode): node is Named {
  return node.kind !== Kind.SCHEMA_EXTENSION && 'name' in node;
}
