import type { PlanNode, QueryPlanner } from '@graphql-hive/router-query-planner';
import { openApolloPlanner } from './apollo-planner.ts';

export interface Planner {
  /**
   * The plan of a valid operation; null where nothing needs to be fetched. `roll` (0 to 100) decides on progressive `@override`:
   * fields move at percentages above it. Throws where it knows no plan.
   */
  plan(operation: { readonly query: string; readonly name: string | null; readonly roll: number }): PlanNode | null;
  /** Percentages at which an `@override` of the graph moves fields: rolls between the same two have the same plans. */
  readonly percentages: readonly number[];
}

type NativePlanner = typeof QueryPlanner;

/** The planner of Hive Router; null on a platform for which it has no binary. */
export async function loadNativePlanner(): Promise<NativePlanner | null> {
  try {
    return (await import('@graphql-hive/router-query-planner')).QueryPlanner;
  } catch {
    return null;
  }
}

/**
 * Plans on a supergraph, by the native planner, which takes a tenth of the time and knows more cases; where there is none, or it
 * finds no plan, by Apollo's.
 */
export function openPlanner(Native: NativePlanner | null, supergraphSdl: string): Planner {
  let second: Planner | null = null;
  const apollo = (): Planner => (second ??= openApolloPlanner(supergraphSdl));
  // It does not know arguments that come from a context, and would leave them out.
  if (Native === null || supergraphSdl.includes('contextArguments:')) return apollo();
  const native = new Native(supergraphSdl);
  const labels = new Set<string>();
  return {
    percentages: native.overridePercentages,
    plan: (operation) => {
      const { query, name, roll } = operation;
      try {
        return native.plan(query, name, labels, roll).node ?? null;
      } catch {
        return apollo().plan(operation);
      }
    },
  };
}
