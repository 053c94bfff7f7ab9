import type { FetchNode, FetchNodePathSegment, PlanNode } from '@graphql-hive/router-query-planner';

/** Plans operations on one supergraph. */
export interface Planner {
  /**
   * The plan of a valid operation; null where nothing needs to be fetched. `roll` (0 to 100) decides on progressive `@override`:
   * fields move at percentages above it. Throws where it knows no plan.
   */
  plan(operation: { readonly query: string; readonly name: string | null; readonly roll: number }): PlanNode | null;
  /** Percentages at which an `@override` of the graph moves fields: rolls between the same two have the same plans. */
  readonly percentages: readonly number[];
}

/** A fetch of entities whose fields take arguments from objects further up (`@fromContext`). */
export interface ContextualFetch extends FetchNode {
  readonly contexts: readonly ContextArgument[];
}

/** Where a variable of a fetch has its value from: the first of those for it whose path leads somewhere. */
export interface ContextArgument {
  readonly variable: string;
  /** Fields between the entity and the object that has it. */
  readonly levelsUp: number;
  readonly path: readonly FetchNodePathSegment[];
}

/** Whether a fetch is one. */
export function isContextual(node: FetchNode): node is ContextualFetch {
  return 'contexts' in node;
}
