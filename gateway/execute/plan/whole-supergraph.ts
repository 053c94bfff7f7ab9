import { type ASTNode, type DirectiveNode, type EnumTypeDefinitionNode, Kind, parse, print, visit } from 'graphql';

/** The subgraph that stands for all managed ones in a plan; no domain and no product can have this name. */
export const WHOLE = 'weft:managed';

/**
 * A supergraph in which the managed subgraphs are one, as they are one database: a plan then asks for neighbouring fields of several
 * domains in one fetch, which is one statement. Their SDL has keys and shared types and no other directive of federation, so the whole
 * resolves whatever one of them does.
 */
export function wholeSupergraph(sdl: string, managed: ReadonlySet<string>): string {
  const document = parse(sdl, { noLocation: true });
  const graphs = document.definitions.find(
    (node): node is EnumTypeDefinitionNode =>
      node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === 'join__Graph',
  );
  const members = (graphs?.values ?? []).filter(({ directives }) => managed.has(subgraphName(directives)));
  const [first, ...others] = members.map(({ name }) => name.value);
  if (first === undefined) return sdl;
  return print(
    visit(document, {
      EnumValueDefinition: ({ name }) => (others.includes(name.value) ? null : undefined),
      EnumValue: (node) => (others.includes(node.value) ? { ...node, value: first } : undefined),
      Directive: (node) => (managed.has(subgraphName([node])) ? namedWhole(node) : undefined),
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

function namedWhole(node: DirectiveNode): DirectiveNode {
  const named = node.arguments?.map((argument) =>
    argument.name.value === 'name' ? { ...argument, value: { kind: Kind.STRING, value: WHOLE } as const } : argument,
  );
  return { ...node, arguments: named ?? [] };
}

/** What two domains say of a type or a field is said once of their whole. */
function onceEach(directives: readonly DirectiveNode[]): DirectiveNode[] {
  return [...new Map(directives.map((node) => [print(node), node])).values()];
}
