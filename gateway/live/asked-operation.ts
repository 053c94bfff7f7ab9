import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { Refusal, REFUSALS } from '../../schema/errors.ts';
import type { GoneSignal } from '../../schema/reading.ts';
import type { Actor } from '../actor.ts';
import { answer, type AnswerDeps } from '../answers/answer.ts';
import type { Envelope } from '../door/envelope.ts';
import { ClientGone } from '../execute/flights.ts';
import type { CompiledOperation, Operation } from '../execute/operations.ts';
import { shownThrown } from '../execute/shown-error.ts';
import type { Graph } from '../serving/graph.ts';
import type { Metrics } from '../metrics.ts';
import { NOT_PERSISTED, type PersistedOperations } from '../door/persisted-operations.ts';
import type { Client } from '../usage/client.ts';
import type { LiveOperations } from './live-operations.ts';

export interface AskedDeps extends AnswerDeps {
  readonly graph: Graph;
  readonly live: LiveOperations;
  readonly metrics: Metrics;
  readonly persisted: PersistedOperations;
}

/** Who asks, and with what. */
export interface Asker {
  readonly actor: Actor;
  readonly client: Client;
}

/** An operation of whatever type, as it was asked for. */
export interface AskedOperation extends Asker {
  readonly envelope: Envelope;
  readonly query: string;
  readonly operation: Operation;
}

/** Errors in place of answers. */
export interface NoAnswers {
  /** Of HTTP. */
  readonly status: number;
  readonly errors: readonly GraphQLFormattedError[];
}

/** Finds what is asked for. Throws a refusal. */
export function askedOperation(deps: AskedDeps, asker: Asker, envelope: Envelope): AskedOperation | NoAnswers {
  const { actor } = asker;
  const query = deps.persisted.textOf(envelope, actor);
  if (query === null) return { status: 200, ...NOT_PERSISTED };
  return { ...asker, envelope, query, operation: deps.graph.operations().find(query, envelope.operationName, actor) };
}

/** Its answers as JSON, of a query or mutation one; in the order in which they come. Those of a subscription end when `gone` fires. */
export async function answersTo(
  deps: AskedDeps,
  asked: AskedOperation,
  gone: GoneSignal,
): Promise<AsyncIterable<string> | NoAnswers> {
  const { actor, client, envelope, query, operation } = asked;
  const { operationName, variables } = envelope;
  try {
    if (operation.kind === 'refused') throw operation.refusal;
    if (operation.kind === 'other')
      return { status: 400, errors: deps.graph.operations().faults(query, operationName) };
    if (operation.kind === 'compiled') return await oneAnswer(deps, { ...asked, operation }, gone);
    const live = await deps.live.open(operation, { actor, client, query, operationName, variables }, gone);
    if (!('errors' in live)) return live;
    const isDenied = live.errors.some(({ extensions }) => extensions?.['code'] === 'UNAUTHORIZED_FIELD_OR_TYPE');
    return { status: isDenied ? 403 : 400, errors: live.errors.map((error) => shownThrown(error, deps.logFault)) };
  } catch (error) {
    if (error instanceof ClientGone) return { status: 503, errors: [] };
    return { status: statusOf(error), errors: [shownThrown(error as Error, deps.logFault)] };
  }
}

function statusOf(error: unknown): number {
  if (error instanceof Refusal) return REFUSALS[error.code].http;
  return error instanceof GraphQLError && error.extensions['code'] === 'SUBGRAPH_UNAVAILABLE' ? 503 : 500;
}

async function oneAnswer(
  deps: AskedDeps,
  { actor, client, envelope, operation }: AskedOperation & { readonly operation: CompiledOperation },
  gone: GoneSignal,
): Promise<AsyncIterable<string> | NoAnswers> {
  const beganMs = performance.now();
  const { graph, metrics } = deps;
  const ask = {
    actor,
    client,
    operation,
    envelope,
    serving: graph.current(),
    answers: graph.operations().answers,
    mayBeKept: true,
    showsPlan: envelope.wantsPlan && actor.admin,
    // A trace is of one HTTP exchange, which a stream outlives.
    trace: null,
  };
  const { status, body, outcome } = await answer(deps, ask, gone);
  metrics.answered({ type: operation.type, outcome, beganMs });
  const json = body.toString();
  if (status === 200) return only(json);
  const { errors } = JSON.parse(json) as { errors: GraphQLFormattedError[] };
  return { status, errors };
}

async function* only(json: string): AsyncGenerator<string> {
  yield json;
}
