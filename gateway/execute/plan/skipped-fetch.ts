import { type DirectiveNode, Kind, parse, type SelectionNode } from 'graphql';

type Variables = Readonly<Record<string, unknown>>;

/** Says whether these variables skip every field at the root of a fetch, so that it need not be made; null where none can. */
export function compileSkipped(operation: string): ((variables: Variables) => boolean) | null {
  // Nearly all operations end here, unparsed.
  if (!/@(?:skip|include)\b/.test(operation)) return null;
  const [root] = parse(operation, { noLocation: true }).definitions;
  if (root?.kind !== Kind.OPERATION_DEFINITION) return null;
  const conditions = root.selectionSet.selections.map(conditionsOf);
  if (conditions.some((of) => of.length === 0)) return null;
  return (variables) => conditions.every((of) => of.some((skips) => skips(variables)));
}

function conditionsOf({ directives = [] }: SelectionNode): ((variables: Variables) => boolean)[] {
  return directives.flatMap(({ name, arguments: given }: DirectiveNode) => {
    const value = given?.[0]?.value;
    if (value?.kind !== Kind.VARIABLE || !['skip', 'include'].includes(name.value)) return [];
    return [(variables: Variables) => (variables[value.name.value] === true) === (name.value === 'skip')];
  });
}
