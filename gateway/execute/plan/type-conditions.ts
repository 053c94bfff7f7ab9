import { type DocumentNode, Kind } from 'graphql';

/** Which types a condition on a type is true of, in the whole supergraph: what clients do not see too. */
export interface TypeConditions {
  fits(typeName: unknown, condition: string): boolean;
}

/** Of a supergraph's document. */
export function typeConditions({ definitions }: DocumentNode): TypeConditions {
  const members = new Map<string, Set<string>>();
  const add = (abstract: string, name: string): void => {
    const known = members.get(abstract);
    if (known === undefined) members.set(abstract, new Set([name]));
    else known.add(name);
  };
  for (const node of definitions)
    if (node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.INTERFACE_TYPE_DEFINITION)
      for (const { name } of node.interfaces ?? []) add(name.value, node.name.value);
    else if (node.kind === Kind.UNION_TYPE_DEFINITION)
      for (const { name } of node.types ?? []) add(node.name.value, name.value);
  return {
    fits: (typeName, condition) =>
      typeof typeName === 'string' && (typeName === condition || members.get(condition)?.has(typeName) === true),
  };
}
