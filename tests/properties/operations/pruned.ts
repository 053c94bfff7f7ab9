import { Kind, visit, type DocumentNode } from 'graphql';

/** A document without the fragments and variables that nothing in it uses. */
export function pruned(document: DocumentNode): DocumentNode {
  const fragments = new Set<string>();
  const follow = (node: DocumentNode['definitions'][number]): void => {
    visit(node, {
      FragmentSpread: ({ name }) => {
        if (fragments.has(name.value)) return;
        fragments.add(name.value);
        const fragment = document.definitions.find(
          (other) => other.kind === Kind.FRAGMENT_DEFINITION && other.name.value === name.value,
        );
        if (fragment !== undefined) follow(fragment);
      },
    });
  };
  for (const node of document.definitions) if (node.kind === Kind.OPERATION_DEFINITION) follow(node);
  const definitions = document.definitions.filter(
    (node) => node.kind !== Kind.FRAGMENT_DEFINITION || fragments.has(node.name.value),
  );
  const variables = new Set<string>();
  visit(
    { kind: Kind.DOCUMENT, definitions },
    { VariableDefinition: () => false, Variable: ({ name }) => void variables.add(name.value) },
  );
  return visit(
    { kind: Kind.DOCUMENT, definitions },
    { VariableDefinition: ({ variable }) => (variables.has(variable.name.value) ? false : null) },
  );
}
