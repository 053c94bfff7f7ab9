import { type DocumentNode, Kind, valueFromASTUntyped } from 'graphql';

/** Under which name a supergraph has a directive of one of Apollo's specifications (`@link`: imported, renamed, or neither). */
export function linkedName({ definitions }: DocumentNode, specification: string, directive: string): string {
  for (const node of definitions)
    if (node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION)
      for (const link of node.directives ?? []) {
        const given = Object.fromEntries(
          (link.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
        ) as { url?: string; as?: string; import?: readonly (string | { name: string; as?: string })[] };
        if (given.url?.startsWith(`https://specs.apollo.dev/${specification}/`) !== true) continue;
        const imported = given.import?.find((one) => (typeof one === 'string' ? one : one.name) === `@${directive}`);
        if (imported !== undefined)
          return (typeof imported === 'string' ? imported : (imported.as ?? imported.name)).slice(1);
        const space = given.as ?? specification;
        return directive === specification ? space : `${space}__${directive}`;
      }
  return directive;
}
