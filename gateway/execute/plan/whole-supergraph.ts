import { type ASTNode, type DirectiveNode, type EnumTypeDefinitionNode, Kind, parse, print, visit } from 'graphql';

/** The subgraph that stands for all managed ones in a plan; no domain and no product can have this name. */
export const WHOLE = 'weft:managed';

/** The one that stands for all registered ones of a server. */
export function serverWhole(key: string): string {
  return `weft:registered:${key}`;
}

/**
 * A supergraph in which the subgraphs of one database are one: a plan then asks for neighbouring fields of several domains in one fetch,
 * which is one statement. `wholes` says of each such subgraph which it is part of. Their SDL has keys and shared types and no other directive of federation, so the whole
 * resolves whatever one of them does.
 */
export function wholeSupergraph(sdl: string, wholes: ReadonlyMap<string, string>): string {
  const document = parse(sdl, { noLocation: true });
  const graphs = document.definitions.find(
    (node): node is EnumTypeDefinitionNode =>
      node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === 'join__Graph',
  );
  /** Of each member of `join__Graph` that is part of a whole, the first of that whole. */
  const first = new Map<string, string>();
  const firstOf = new Map<string, string>();
  for (const { name, directives } of graphs?.values ?? []) {
    const whole = wholes.get(subgraphName(directives));
    if (whole === undefined) continue;
    if (!firstOf.has(whole)) firstOf.set(whole, name.value);
    first.set(name.value, firstOf.get(whole)!);
  }
  if (first.size === 0) return sdl;
  return print(
    visit(document, {
      EnumValueDefinition: ({ name }) => ((first.get(name.value) ?? name.value) === name.value ? undefined : null),
      EnumValue: (node) => {
        const value = first.get(node.value) ?? node.value;
        return value === node.value ? undefined : { ...node, value };
      },
      Directive: (node) => {
        const whole = wholes.get(subgraphName([node]));
        return whole === undefined ? undefined : namedWhole(node, whole);
      },
      leave: (node: ASTNode) =>
        'directives' in node && node.directives.length > 1
          ? { ...node, directives: onceEach(node.directives) }
          : undefined,
    }),
  );
}

function subgraphName(directives: readonly DirectiveNode[] = []): string {
  const name = directives
    .find((node) => node.name.value === 'join__graph')
    ?.arguments?.find((node) => node.name.value === 'name')?.value;
  return name?.kind === Kind.STRING ? name.value : '';
}

function namedWhole(node: DirectiveNode, whole: string): DirectiveNode {
  const named = node.arguments?.map((argument) =>
    argument.name.value === 'name' ? { ...argument, value: { kind: Kind.STRING, value: whole } as const } : argument,
  );
  return { ...node, arguments: named ?? [] };
}

/** What two domains say of a type or a field is said once of their whole. */
function onceEach(directives: readonly DirectiveNode[]): DirectiveNode[] {
  return [...new Map(directives.map((node) => [print(node), node])).values()];
}
