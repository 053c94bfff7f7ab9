import { Kind, parse, print, validate, visit, type ASTNode, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { Operation } from './operation.ts';
import { pruned } from './pruned.ts';

/** Operations with one part less each: a selection, an argument, a directive, an alias, a field or item of a value. */
export function* smaller(schema: GraphQLSchema, { query, variables }: Operation): Generator<Operation> {
  const document = parse(query, { noLocation: true });
  const isValid = validate(schema, document).length === 0;
  let parts = 0;
  visit(document, { enter: () => void (parts += 1) });
  const seen = new Set([query]);
  for (let index = 0; index < parts; index += 1)
    for (const way of [removed, unwrapped]) {
      const other = changed(document, index, way);
      if (other === null) continue;
      const text = print(pruned(other));
      if (seen.has(text) || (isValid && validate(schema, parse(text)).length > 0)) continue;
      seen.add(text);
      yield { query: text, variables };
    }
  for (const name of Object.keys(variables))
    if (!query.includes(`$${name}`))
      yield { query, variables: Object.fromEntries(Object.entries(variables).filter(([key]) => key !== name)) };
}

type Way = (node: ASTNode) => ASTNode | null | undefined;

/** The document with its node of that number changed; null where there is nothing to change. */
function changed(document: DocumentNode, index: number, way: Way): DocumentNode | null {
  let count = 0;
  const other: DocumentNode = visit(document, {
    enter: (node) => {
      if (count++ !== index) return undefined;
      return way(node);
    },
  });
  // What is not changed is the same object.
  if (other === document) return null;
  try {
    // What has become empty is no document.
    return parse(print(other), { noLocation: true });
  } catch {
    return null;
  }
}

function removed(node: ASTNode): null | undefined {
  switch (node.kind) {
    case Kind.FIELD:
    case Kind.FRAGMENT_SPREAD:
    case Kind.INLINE_FRAGMENT:
    case Kind.ARGUMENT:
    case Kind.DIRECTIVE:
    case Kind.OBJECT_FIELD:
      return null;
    default:
      return undefined;
  }
}

function unwrapped(node: ASTNode): ASTNode | undefined {
  switch (node.kind) {
    case Kind.FIELD:
      return node.alias === undefined ? undefined : without(node, 'alias');
    case Kind.LIST:
      return node.values.length === 0 ? undefined : { ...node, values: node.values.slice(1) };
    case Kind.VARIABLE_DEFINITION:
      return node.defaultValue === undefined ? undefined : without(node, 'defaultValue');
    case Kind.SELECTION_SET: {
      const inner = node.selections.find((one) => one.kind === Kind.INLINE_FRAGMENT);
      if (inner === undefined) return undefined;
      return {
        ...node,
        selections: node.selections.flatMap((one) => (one === inner ? inner.selectionSet.selections : [one])),
      };
    }
    default:
      return undefined;
  }
}

function without<Node extends ASTNode>(node: Node, part: string): Node {
  return Object.fromEntries(Object.entries(node).filter(([key]) => key !== part)) as unknown as Node;
}
