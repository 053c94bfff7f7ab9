import type { PlanNode } from '@graphql-hive/router-query-planner';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  separateOperations,
} from 'graphql';
import { fragmentsOf } from '../fragments-of.ts';
import type { Planner } from './planner.ts';

/**
 * A planner whose mutations run one after the other, each with all that is asked of its result (GraphQL, 6.2.2): where a plan would
 * fetch between them, which planners put off until after the next, each root field has a plan of its own.
 */
export function serialMutations(planner: Planner): Planner {
  return {
    ...planner,
    plan: (operation) => {
      const whole = planner.plan(operation);
      if (whole === null || !mixesMutationsAndQueries(whole)) return whole;
      const each = eachRootField(parse(operation.query, { noLocation: true }), operation.name);
      if (each.length < 2) return whole;
      const nodes = each.map((document) => planner.plan({ ...operation, query: print(document) }));
      return { kind: 'Sequence', nodes: nodes.filter((node) => node !== null) };
    },
  };
}

function mixesMutationsAndQueries(node: PlanNode): boolean {
  const kinds = new Set(kindsOf(node));
  return kinds.size > 1 && kinds.has('mutation');
}

function kindsOf(node: PlanNode | null | undefined): string[] {
  switch (node?.kind) {
    case 'Fetch':
    case 'BatchFetch':
      return [node.operationKind ?? 'query'];
    case 'Flatten':
      return kindsOf(node.node);
    case 'Sequence':
    case 'Parallel':
      return node.nodes.flatMap(kindsOf);
    case 'Condition':
      return [...kindsOf(node.ifClause), ...kindsOf(node.elseClause)];
    default:
      return [];
  }
}

/** The mutation as one for each key of its answer, in their order. */
function eachRootField(document: DocumentNode, name: string | null): DocumentNode[] {
  const fragments = fragmentsOf(document);
  const operation = document.definitions.find(
    (node): node is OperationDefinitionNode =>
      node.kind === Kind.OPERATION_DEFINITION && (name === null || node.name?.value === name),
  );
  if (operation?.operation !== OperationTypeNode.MUTATION) return [];
  const keys = new Set<string>();
  const inlined = inlinedSelections(operation.selectionSet, fragments, keys);
  return [...keys].map((key) => {
    const definitions = [{ ...operation, selectionSet: only(inlined, key) }, ...fragments.values()];
    // Without the fragments that it does not spread.
    return separateOperations({ ...document, definitions })[operation.name?.value ?? '']!;
  });
}

/** The root's fields with its fragments inlined; notes their keys. */
function inlinedSelections(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  keys: Set<string>,
): SelectionSetNode {
  const inlined = selections.flatMap((node): SelectionNode[] => {
    if (node.kind === Kind.FIELD) {
      keys.add(keyOf(node));
      return [node];
    }
    const fragment = node.kind === Kind.FRAGMENT_SPREAD ? fragments.get(node.name.value) : node;
    if (fragment === undefined) return [];
    const { directives = [] } = node;
    const selectionSet = inlinedSelections(fragment.selectionSet, fragments, keys);
    return [{ kind: Kind.INLINE_FRAGMENT, directives, selectionSet }];
  });
  return { kind: Kind.SELECTION_SET, selections: inlined };
}

function only({ selections }: SelectionSetNode, key: string): SelectionSetNode {
  const left = selections.flatMap((node): SelectionNode[] => {
    if (node.kind === Kind.FIELD) return keyOf(node) === key ? [node] : [];
    if (node.kind === Kind.FRAGMENT_SPREAD) return [];
    const selectionSet = only(node.selectionSet, key);
    return selectionSet.selections.length === 0 ? [] : [{ ...node, selectionSet }];
  });
  return { kind: Kind.SELECTION_SET, selections: left };
}

function keyOf(node: { alias?: { value: string } | undefined; name: { value: string } }): string {
  return (node.alias ?? node.name).value;
}
