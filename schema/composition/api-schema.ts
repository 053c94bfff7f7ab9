import {
  type ASTNode,
  buildASTSchema,
  type ConstDirectiveNode,
  type DefinitionNode,
  type GraphQLSchema,
  isTypeDefinitionNode,
  Kind,
  type NamedTypeNode,
  parse,
} from 'graphql';
import { type Link, linkedName, linksOf } from './linked-name.ts';

/** Features that a router must know (`for: SECURITY`, `for: EXECUTION`), and that our own executor knows. */
const SERVED =
  /^https:\/\/specs\.apollo\.dev\/(?:link|join|inaccessible|authenticated|context|policy|requiresScopes)\//;
/** What GraphQL itself says of a schema. */
const OF_GRAPHQL = new Set(['deprecated', 'specifiedBy', 'oneOf']);

/**
 * What clients may ask of a supergraph: it without what routers alone read, and without what is `@inaccessible`. Throws where it does not
 * parse, or needs a feature that is not served. Composition has checked it, so nothing is checked again.
 */
export function apiSchema(supergraphSdl: string): GraphQLSchema {
  const document = parse(supergraphSdl, { noLocation: true });
  const features = linksOf(document);
  const strange = features.find(({ for: purpose, url }) => purpose !== undefined && !SERVED.test(url));
  if (strange !== undefined) throw new Error(`The supergraph needs the feature ${strange.url}, which is not served.`);
  const isOfFeature = elementsOf(features);
  const inaccessible = linkedName(document, 'inaccessible', 'inaccessible');
  const isShown = ({ directives = [] }: { readonly directives?: readonly ConstDirectiveNode[] }): boolean =>
    !directives.some(({ name }) => name.value === inaccessible);

  const hidden = new Set<string>();
  for (const node of document.definitions)
    if (isTypeDefinitionNode(node) && (isOfFeature(node.name.value) || !isShown(node))) hidden.add(node.name.value);
  const named = (types: readonly NamedTypeNode[] = []): NamedTypeNode[] =>
    types.filter(({ name }) => !hidden.has(name.value));
  const cleaned = <Node extends ASTNode & { readonly directives?: readonly ConstDirectiveNode[] }>(
    node: Node,
  ): Node => ({
    ...node,
    directives: (node.directives ?? []).filter(({ name }) => OF_GRAPHQL.has(name.value)),
  });
  const shown = <Node extends ASTNode & { readonly directives?: readonly ConstDirectiveNode[] }>(
    nodes: readonly Node[] = [],
  ): Node[] => nodes.filter(isShown).map(cleaned);

  const definitions = document.definitions.flatMap((node): DefinitionNode[] => {
    if (node.kind === Kind.DIRECTIVE_DEFINITION)
      return isOfFeature(`@${node.name.value}`) ? [] : [{ ...node, arguments: shown(node.arguments) }];
    if (node.kind === Kind.SCHEMA_DEFINITION)
      return [
        {
          ...node,
          directives: [],
          operationTypes: node.operationTypes.filter(({ type }) => !hidden.has(type.name.value)),
        },
      ];
    if (!isTypeDefinitionNode(node) || hidden.has(node.name.value)) return [];
    switch (node.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_DEFINITION: {
        const fields = shown(node.fields).map((field) => ({ ...field, arguments: shown(field.arguments) }));
        return [{ ...cleaned(node), interfaces: named(node.interfaces), fields }];
      }
      case Kind.UNION_TYPE_DEFINITION:
        return [{ ...cleaned(node), types: named(node.types) }];
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        return [{ ...cleaned(node), fields: shown(node.fields) }];
      case Kind.ENUM_TYPE_DEFINITION:
        return [{ ...cleaned(node), values: shown(node.values) }];
      case Kind.SCALAR_TYPE_DEFINITION:
        return [cleaned(node)];
    }
  });
  const schema = buildASTSchema({ kind: Kind.DOCUMENT, definitions }, { assumeValid: true, assumeValidSDL: true });
  if (schema.getQueryType() == null) throw new Error('The supergraph has no type Query.');
  return schema;
}

/** Whether a type, or a directive with its `@`, is of a feature: by the feature's name before it, or imported by its own. */
function elementsOf(features: readonly Link[]): (name: string) => boolean {
  const spaces = new Set<string>();
  const imported = new Set<string>();
  for (const { url, as, import: taken = [] } of features) {
    const steps = url.split('/').filter((step) => step !== '');
    const name = as ?? steps.findLast((step) => !/^v\d+\.\d+$/.test(step)) ?? '';
    spaces.add(name);
    imported.add(`@${name}`);
    for (const one of taken) imported.add(typeof one === 'string' ? one : (one.as ?? one.name));
  }
  return (name) => {
    const bare = name.replace(/^@/, '');
    return imported.has(name) || (bare.includes('__') && spaces.has(bare.slice(0, bare.indexOf('__'))));
  };
}
