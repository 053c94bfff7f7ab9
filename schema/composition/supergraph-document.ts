import { type DocumentNode, type EnumTypeDefinitionNode, Kind } from 'graphql';

/** Names of subgraphs -> their names in `join__Graph`. */
export function graphNames(document: DocumentNode): Map<string, string> {
  const graphs = typesOf(document).find(
    (node): node is EnumTypeDefinitionNode =>
      node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === 'join__Graph',
  );
  return new Map(
    (graphs?.values ?? []).flatMap(({ name, directives = [] }) => {
      const given = directives.flatMap((one) => one.arguments ?? []).find((one) => one.name.value === 'name')?.value;
      return given?.kind === Kind.STRING ? [[given.value, name.value] as const] : [];
    }),
  );
}

/** The types of a document, without their extensions' distinction. */
export function typesOf({ definitions }: DocumentNode) {
  return definitions.flatMap((node) =>
    'name' in node && node.kind !== Kind.DIRECTIVE_DEFINITION && 'directives' in node
      ? [{ ...node, name: node.name }]
      : [],
  );
}
