import type { QueryPlanner } from '@graphql-hive/router-query-planner';
import { openApolloPlanner } from './apollo-planner.ts';
import type { Planner } from './planner.ts';

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
  if (Native === null || supergraphSdl.includes('contextArguments: [{')) return apollo();
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
