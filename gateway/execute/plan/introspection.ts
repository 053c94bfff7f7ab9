import {
  type DocumentNode,
  executeSync,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  separateOperations,
  visit,
} from 'graphql';
import type { Entity } from './tree.ts';

/** An operation that asks of the schema itself, in two: what no subgraph is asked for, and what is left of it. */
export interface Parted {
  /** `__schema` and `__type`, by their keys in the answer. */
  readonly introspect: (variables: Readonly<Record<string, unknown>>) => Entity;
  /** Null where nothing is left. */
  readonly rest: DocumentNode | null;
}

/** Parts the only operation of a document; null where it does not ask of the schema. */
export function partIntrospection(
  schema: GraphQLSchema,
  document: DocumentNode,
  { name, operation }: OperationDefinitionNode,
): Parted | null {
  if (operation !== OperationTypeNode.QUERY || !hasField(document, isOfSchema)) return null;
  const root = schema.getQueryType()!.name;
  const rest = ownDocument(
    onlyRoots(document, root, (field) => !isOfSchema(field)),
    name?.value,
  );
  const own = onlyRoots(document, root, isOfSchema);
  return {
    rest: hasField(rest, (field) => !field.startsWith('__')) ? rest : null,
    introspect: (variableValues) => ({ ...executeSync({ schema, document: own, variableValues }).data }),
  };
}

/** An operation of a document, by itself with the fragments that it spreads. */
export function ownDocument(document: DocumentNode, name = ''): DocumentNode {
  return separateOperations(document)[name]!;
}

function isOfSchema(name: string): boolean {
  return name === '__schema' || name === '__type';
}

function hasField(document: DocumentNode, matches: (name: string) => boolean): boolean {
  let has = false;
  visit(document, {
    Field: ({ name }) => {
      has ||= matches(name.value);
    },
  });
  return has;
}

/** Without the other fields of the root. */
function onlyRoots(
  { kind, definitions }: DocumentNode,
  root: string,
  matches: (name: string) => boolean,
): DocumentNode {
  const ofRoot = (selections: readonly SelectionNode[]): SelectionNode[] => {
    const left = selections.flatMap((node): SelectionNode[] => {
      if (node.kind === Kind.FIELD) return matches(node.name.value) ? [node] : [];
      return node.kind === Kind.FRAGMENT_SPREAD ? [node] : [within(node)];
    });
    return left.length > 0 ? left : [{ kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }];
  };
  const within = <Node extends { readonly selectionSet: SelectionSetNode }>(node: Node): Node => {
    const { selectionSet } = node;
    return { ...node, selectionSet: { ...selectionSet, selections: ofRoot(selectionSet.selections) } };
  };
  return {
    kind,
    definitions: definitions.map((node) => {
      const isRoot =
        node.kind === Kind.OPERATION_DEFINITION ||
        (node.kind === Kind.FRAGMENT_DEFINITION && node.typeCondition.name.value === root);
      return isRoot ? within(node) : node;
    }),
  };
}
