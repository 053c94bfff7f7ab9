import type { PlanNode } from '@graphql-hive/router-query-planner';

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
