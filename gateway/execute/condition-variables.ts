import { type ASTNode, Kind, visit } from 'graphql';

/** Names of the variables that an operation's `@skip` and `@include` ask for: with their values it is known which fields it has. */
export function conditionVariables(document: ASTNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive: ({ name, arguments: given = [] }) => {
      if (name.value !== 'skip' && name.value !== 'include') return;
      for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}
