import { type ExecutionResult, GraphQLError, parse, print } from 'graphql';
import { withoutDefer } from './composition/deferred.ts';
import { Refusal, REFUSALS } from './errors.ts';
import { type Expectation, unmet } from './expectation.ts';
import type { ManagedSubgraph, Reading } from './reading.ts';

/** An operation that is asked, and what its answer must be like. */
export interface ExpectingOperation {
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>> | null;
  readonly expects: Expectation;
}

/** `unjudged`: there was no answer for now, be it for its time or for the database. */
export type Verdict =
  | { readonly kind: 'met' }
  | { readonly kind: 'unmet'; readonly reasons: readonly string[] }
  | { readonly kind: 'unjudged'; readonly because: Refusal };

/** Asks an operation of managed products and holds the answer against what is expected of it. Throws what befell it that is no refusal. */
export async function judgeExpectation(
  subgraph: ManagedSubgraph,
  { text, variables, expects }: ExpectingOperation,
  reading: Reading,
): Promise<Verdict> {
  const query = print(withoutDefer(parse(text, { noLocation: true })));
  const answer = await subgraph.execute({ query, variables: variables ?? {} }, reading);
  const result: ExecutionResult =
    'json' in answer ? { data: JSON.parse(answer.json) as Record<string, unknown> } : answer;
  for (const cause of (result.errors ?? []).map(deepest)) {
    if (cause instanceof Refusal && REFUSALS[cause.code].retry) return { kind: 'unjudged', because: cause };
    if (!(cause instanceof Refusal || cause instanceof GraphQLError)) throw cause;
  }
  const reasons = unmet(expects, result);
  return reasons.length === 0 ? { kind: 'met' } : { kind: 'unmet', reasons };
}

function deepest(error: GraphQLError): Error {
  let cause: Error = error;
  while (cause instanceof GraphQLError && cause.originalError !== undefined) cause = cause.originalError;
  return cause;
}
