import { Kind, parse, type SelectionNode } from 'graphql';
import { fragmentsOf } from './fragments-of.ts';

type Path = (string | number)[];

/**
 * Where in a subgraph's answer the fields would stand that a request of the gateway's planner asks for: `['greeting']`. Of
 * entities, those of the first: where a service fails, it fails all of them alike, and one error tells it.
 */
export function askedPaths(query: string): Path[] {
  const document = parse(query, { noLocation: true });
  const fragments = fragmentsOf(document);
  const paths = new Map<string, Path>();
  const visit = (selections: readonly SelectionNode[] = [], above: Path): void => {
    for (const node of selections)
      if (node.kind === Kind.INLINE_FRAGMENT) visit(node.selectionSet.selections, above);
      else if (node.kind === Kind.FRAGMENT_SPREAD)
        visit(fragments.get(node.name.value)?.selectionSet.selections, above);
      else if (node.name.value === '_entities')
        visit(node.selectionSet?.selections, [node.alias?.value ?? '_entities', 0]);
      else if (node.name.value !== '__typename') {
        const name = node.alias?.value ?? node.name.value;
        paths.set(name, [...above, name]);
      }
  };
  for (const node of document.definitions)
    if (node.kind === Kind.OPERATION_DEFINITION) visit(node.selectionSet.selections, []);
  return [...paths.values()];
}
