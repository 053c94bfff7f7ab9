import {
  getArgumentValues,
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  Kind,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** One field of a selection: all nodes of one response key, whose selections merge. */
export interface Selected {
  readonly key: string;
  readonly name: string;
  readonly nodes: readonly FieldNode[];
}

type Operation = Pick<GraphQLResolveInfo, 'fragments' | 'variableValues'>;

/** The fields under `nodes` that apply to an object type, in order of their response keys (GraphQL, 6.3.2 CollectFields). */
export function collectFields(
  operation: Operation,
  typeName: string,
  nodes: readonly { readonly selectionSet?: SelectionSetNode | undefined }[],
): Selected[] {
  const collected = new Map<string, FieldNode[]>();
  const visited = new Set<string>();
  const visit = (set: SelectionSetNode): void => {
    for (const selection of set.selections) {
      if (!included(operation, selection)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const known = collected.get(key);
        if (known === undefined) collected.set(key, [selection]);
        else known.push(selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (applies(selection.typeCondition?.name.value, typeName)) visit(selection.selectionSet);
      } else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value);
        const fragment = operation.fragments[selection.name.value];
        if (fragment !== undefined && applies(fragment.typeCondition.name.value, typeName))
          visit(fragment.selectionSet);
      }
    }
  };
  for (const node of nodes) if (node.selectionSet !== undefined) visit(node.selectionSet);
  return [...collected].map(([key, found]) => ({ key, name: found[0]!.name.value, nodes: found }));
}

/** A field's arguments, coerced; variables in place. */
export function argumentsOf(
  operation: Operation,
  type: GraphQLObjectType,
  { name, nodes }: Selected,
): Readonly<Record<string, unknown>> {
  const field = type.getFields()[name];
  return field === undefined ? {} : getArgumentValues(field, nodes[0]!, operation.variableValues);
}

/** The subgraph's only abstract type is `_Entity`: a condition is on an object type or on that. */
function applies(condition: string | undefined, typeName: string): boolean {
  return condition === undefined || condition === typeName || condition === '_Entity';
}

function included({ variableValues }: Operation, node: SelectionNode): boolean {
  if (node.directives === undefined || node.directives.length === 0) return true;
  if (getDirectiveValues(GraphQLSkipDirective, node, variableValues)?.['if'] === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, node, variableValues)?.['if'] !== false;
}
