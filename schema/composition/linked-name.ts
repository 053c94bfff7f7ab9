import { type DocumentNode, Kind, valueFromASTUntyped } from 'graphql';

/** A specification that a supergraph links (`@link`), under which names. */
export interface Link {
  readonly url: string;
  readonly as?: string;
  readonly for?: string;
  readonly import?: readonly (string | { readonly name: string; readonly as?: string })[];
}

/** Those of a supergraph's document. */
export function linksOf({ definitions }: Pick<DocumentNode, 'definitions'>): Link[] {
  return definitions.flatMap((node) =>
    node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION
      ? (node.directives ?? [])
          .map(({ arguments: given = [] }) =>
            Object.fromEntries(given.map(({ name, value }) => [name.value, valueFromASTUntyped(value)])),
          )
          // Composition has checked their types.
          .filter((given): given is Link & Record<string, unknown> => typeof given['url'] === 'string')
      : [],
  );
}

/** Under which name a supergraph has a directive of one of Apollo's specifications (`@link`: imported, renamed, or neither). */
export function linkedName(document: DocumentNode, specification: string, directive: string): string {
  const link = linksOf(document).find(({ url }) => url.startsWith(`https://specs.apollo.dev/${specification}/`));
  if (link === undefined) return directive;
  const imported = link.import?.find((one) => (typeof one === 'string' ? one : one.name) === `@${directive}`);
  if (imported !== undefined)
    return (typeof imported === 'string' ? imported : (imported.as ?? imported.name)).slice(1);
  const space = link.as ?? specification;
  return directive === specification ? space : `${space}__${directive}`;
}
