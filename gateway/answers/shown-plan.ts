import type { CompiledOperation } from '../execute/operations.ts';
import type { FetchRun } from '../execute/fetch-run.ts';
import { serverWhole, WHOLE } from '../execute/plan/whole-supergraph.ts';
import type { StatementsSeen } from '../execute/statements-seen.ts';
import type { Serving } from '../serving/serving.ts';

export interface HowAnswered {
  readonly operation: CompiledOperation;
  /** As the client sent them. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly serving: Serving;
  /** From an answer that was kept. */
  readonly kept: boolean;
  readonly ms: number;
  readonly seen: StatementsSeen;
  /** Of its plan, as they ended. */
  readonly fetches: readonly FetchRun[];
}

/** How an operation was answered, for `extensions.plan`: its estimated cost, its statements, its fetches, and why it is not one statement. */
export function shownPlan({ operation, variables, serving, kept, ms, seen, fetches }: HowAnswered): object {
  const { path, because } = operation;
  const reasons = [because, ...seen.fallbacks].filter((reason) => reason !== null);
  return {
    path,
    kept,
    ms,
    cost: operation.cost(variables),
    ...(reasons.length > 0 && { because: reasons.join(' ') }),
    statements: seen.runs,
    ...(path === 'planned' && {
      fetches: [...fetches]
        .sort((one, other) => one.atMs - other.atMs)
        .map(({ fallbacks, ...run }) => ({ ...run, because: reasonOf(run.subgraph, fallbacks, serving) })),
    }),
  };
}

/** Why a fetch is one of its own, or several statements. */
function reasonOf(subgraph: string, fallbacks: readonly string[], { supergraph }: Serving): string {
  if (fallbacks.length > 0) return fallbacks.join(' ');
  if (subgraph === WHOLE)
    return 'One statement for what lies in managed products; what others answer comes before it, after it or beside it.';
  if (subgraph.startsWith(serverWhole('')))
    return 'One statement for what lies on one server of registered products; what others answer comes before it, after it or beside it.';
  const stored = supergraph.subgraphs.find(({ name }) => name === subgraph);
  return stored?.kind === 'catalog'
    ? 'The catalog is of the ledger, which no statement on products reads.'
    : `${subgraph} is a service of its own: it is asked over HTTP.`;
}
