import type { QueryPlanner } from '@graphql-hive/router-query-planner';
import { parse, visit } from 'graphql';
import { openApolloPlanner } from './apollo-planner.ts';
import type { Planner } from './planner.ts';
import { serialMutations } from './serial-mutations.ts';

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
 * cannot read the supergraph, or finds no plan, by Apollo's.
 */
export function openPlanner(Native: NativePlanner | null, supergraphSdl: string): Planner {
  let second: Planner | null = null;
  const apollo = (): Planner => (second ??= openApolloPlanner(supergraphSdl));
  const native = opened(Native, supergraphSdl);
  if (native === null) return apollo();
  const labels = new Set<string>();
  const contextual = contextualField(supergraphSdl);
  return serialMutations({
    percentages: native.overridePercentages,
    plan: (operation) => {
      const { query, name, roll } = operation;
      // It does not know arguments that come from a context, and would leave them out.
      if (contextual?.test(query) === true) return apollo().plan(operation);
      try {
        return native.plan(query, name, labels, roll).node ?? null;
      } catch {
        return apollo().plan(operation);
      }
    },
  });
}

function opened(Native: NativePlanner | null, supergraphSdl: string): InstanceType<NativePlanner> | null {
  try {
    return Native && new Native(supergraphSdl);
  } catch {
    // It reads less than composition takes: numbers of 64 bits, for one, in what an argument is by default.
    return null;
  }
}

/** Finds the name of a field with such an argument, in any role; null where the supergraph has none. */
function contextualField(supergraphSdl: string): RegExp | null {
  if (!/contextArguments: \[\s*\{/.test(supergraphSdl)) return null;
  const names = new Set<string>();
  visit(parse(supergraphSdl, { noLocation: true }), {
    FieldDefinition: ({ name, directives = [] }) => {
      const isContextual = directives.some((node) =>
        node.arguments?.some((argument) => argument.name.value === 'contextArguments'),
      );
      if (isContextual) names.add(name.value);
    },
  });
  return new RegExp(String.raw`\b(?:${[...names].join('|')})\b`);
}
