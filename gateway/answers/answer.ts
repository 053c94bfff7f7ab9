import type { Logger } from 'pino';
import { Refusal, REFUSALS } from '../../schema/errors.ts';
import type { ProductId } from '../../schema/ids.ts';
import type { GoneSignal } from '../../schema/reading.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { Answered, AnswersUnderWay } from './answers-under-way.ts';
import { dataProducts, dataProductsJson } from './data-products.ts';
import type { Envelope } from '../door/envelope.ts';
import type { Actor } from '../actor.ts';
import type { OperationContext } from '../execute/context.ts';
import { bounded, operationContext } from '../execute/operation-context.ts';
import type { CompiledOperation } from '../execute/operations.ts';
import { codesOf, inTrace, type LogFault, shownThrown } from '../execute/shown-error.ts';
import { StatementsSeen } from '../execute/statements-seen.ts';
import { requireBoundedNesting } from '../door/nesting.ts';
import type { Serving } from '../serving/serving.ts';
import { shownPlan } from './shown-plan.ts';
import type { Client } from '../usage/client.ts';
import { failedProducts } from '../usage/failed-products.ts';
import type { ReadMeter } from '../usage/read-meter.ts';
import type { UsageMeter } from '../usage/usage-meter.ts';
import type { OperationTrace } from '../traces/trace.ts';

export interface AnswerDeps {
  readonly underWay: AnswersUnderWay;
  readonly usage: UsageMeter;
  readonly reads: ReadMeter;
  readonly slowMs: number;
  readonly logger: Logger;
  readonly logFault: LogFault;
}

export interface AnswerAsk {
  readonly actor: Actor;
  readonly client: Client;
  readonly operation: CompiledOperation;
  readonly envelope: Envelope;
  readonly serving: Serving;
  /** Null where none are kept. */
  readonly answers: AnswerCache | null;
  /** What was answered before may be answered again. */
  readonly mayBeKept: boolean;
  /** The client may see how it is answered, and asks to. */
  readonly showsPlan: boolean;
  /** Null where traces are off. */
  readonly trace: OperationTrace | null;
}

/**
 * Answers a compiled operation: from what was kept, by its statement, or by its plan; a planned query as an equal one that is under
 * way. Whichever it is, it was used.
 */
export async function answer(deps: AnswerDeps, ask: AnswerAsk, gone: GoneSignal): Promise<Answered> {
  const beganMs = performance.now();
  const answered = await made(deps, ask, gone);
  const { actor, client, operation, envelope, serving } = ask;
  // Who has gone was not failed.
  if (answered.read !== undefined && !gone.aborted)
    deps.reads.count({ ...answered.read, ms: performance.now() - beganMs }, (id) => latencyMs(serving, id));
  const asked = { consumer: actor.name, client, variables: envelope.variables };
  deps.usage.count(operation.usage(), asked, answered.outcome === 'error');
  return answered;
}

/** What is promised of a product's reads; null where nothing is. */
export function latencyMs({ mesh }: Serving, id: ProductId): number | null {
  return mesh.products.get(id)?.sla.latencyMs ?? null;
}

async function made(deps: AnswerDeps, ask: AnswerAsk, gone: GoneSignal): Promise<Answered> {
  const { operation, serving, trace } = ask;
  if (operation.path === 'managed') return answerNow(deps, ask, gone);
  if (operation.type !== 'query') return answerNow(deps, ask, gone).finally(() => deps.underWay.forget());
  const make = (ending: GoneSignal): Promise<Answered> => answerNow(deps, ask, ending);
  return deps.underWay.ask({ serving, key: keyOf(ask) }, gone, make, () => trace?.joined());
}

/** The catalog knows who asks, and tells it; what a profile may see is part of the operation. */
function keyOf({ actor, operation, envelope, mayBeKept, showsPlan }: AnswerAsk): string | null {
  if (!mayBeKept || showsPlan) return null;
  try {
    requireBoundedNesting({ variables: envelope.variables });
  } catch {
    // Refused where it is answered.
    return null;
  }
  return `${operation.id} ${actor.id}\n${JSON.stringify(envelope.variables)}`;
}

/** An operation that is being answered. */
interface Answering {
  readonly ask: AnswerAsk;
  readonly context: OperationContext;
  readonly seen: StatementsSeen;
  /** Of `performance.now()`. */
  readonly beganMs: number;
}

async function answerNow(deps: AnswerDeps, ask: AnswerAsk, gone: GoneSignal): Promise<Answered> {
  const seen = new StatementsSeen(ask.showsPlan, ask.trace);
  const context = operationContext(ask, ask.operation.path === 'managed' ? gone : bounded(gone), seen);
  const answering: Answering = { ask, context, seen, beganMs: performance.now() };
  try {
    return await answered(deps, answering);
  } catch (error) {
    return failed(deps, answering, error);
  } finally {
    if (performance.now() - answering.beganMs > deps.slowMs) tellSlow(deps, answering);
  }
}

async function answered(deps: AnswerDeps, answering: Answering): Promise<Answered> {
  const { ask, context } = answering;
  const { operation, envelope, serving, trace } = ask;
  const { variables } = envelope;
  requireBoundedNesting({ variables });
  const cache = ask.mayBeKept && operation.path === 'managed' ? ask.answers : null;
  const key = cache === null ? '' : `${operation.id} ${JSON.stringify(variables)}`;
  const kept = cache?.get(key, serving) ?? null;
  if (kept !== null) {
    trace?.made({ kept: true, products: kept.products });
    return sound(serving, kept.json, kept.products, planOf(answering, true));
  }
  const answer = await operation.answer(variables, context);
  const products = productsOf(context);
  trace?.made({ kept: false, products });
  if ('json' in answer) {
    cache?.put(key, { json: answer.json, products }, serving);
    return sound(serving, answer.json, products, planOf(answering, false));
  }
  const { data, errors } = answer;
  const plan = planOf(answering, false);
  if (errors === undefined) return sound(serving, JSON.stringify(data), products, plan);
  const log = inTrace(deps.logFault, trace);
  const shown = errors.map((error) => shownThrown(error, log));
  const extensions = { dataProducts: dataProducts(serving, products), ...(plan && { plan }) };
  return {
    read: { products, failed: failedProducts(shown, context) },
    // Without data the request itself was at fault (GraphQL, 7.1.2).
    status: data === undefined ? 400 : 200,
    body: JSON.stringify({ errors: shown, data, extensions }),
    outcome: 'error',
    codes: codesOf(shown),
  };
}

function failed(deps: AnswerDeps, answering: Answering, error: unknown): Answered {
  const status = error instanceof Refusal ? REFUSALS[error.code].http : 500;
  const errors = [shownThrown(error as Error, inTrace(deps.logFault, answering.ask.trace))];
  const plan = planOf(answering, false);
  const body = JSON.stringify({ errors, ...(plan && { extensions: { plan } }) });
  const { context } = answering;
  const read = { products: productsOf(context), failed: failedProducts(errors, context) };
  return { status, body, outcome: 'error', codes: codesOf(errors), read };
}

/** Null where nobody asked for it who may see it. */
function planOf({ ask, context, seen, beganMs }: Answering, kept: boolean): object | null {
  if (!ask.showsPlan) return null;
  const { operation, envelope, serving } = ask;
  const { variables } = envelope;
  const ms = performance.now() - beganMs;
  return shownPlan({ operation, variables, serving, kept, ms, seen, fetches: context.fetches });
}

function tellSlow({ logger }: AnswerDeps, { ask, context, seen, beganMs }: Answering): void {
  const { operation, trace } = ask;
  logger.warn(
    {
      operation: operation.name,
      ms: performance.now() - beganMs,
      products: productsOf(context),
      statements: seen.runs,
      fetches: context.fetches,
      ...(trace && { trace_id: trace.id }),
    },
    'slow operation',
  );
}

function sound(serving: Serving, json: string, products: readonly ProductId[], plan: object | null): Answered {
  const made = plan === null ? '' : `,"plan":${JSON.stringify(plan)}`;
  const extensions = `{"dataProducts":${dataProductsJson(serving, products)}${made}}`;
  const body = `{"data":${json},"extensions":${extensions}}`;
  return { status: 200, body, outcome: 'ok', read: { products, failed: NONE_FAILED } };
}

const NONE_FAILED: ReadonlySet<ProductId> = new Set();

/** Ids of the products that were read, sorted. */
export function productsOf({ reading, remotesRead }: OperationContext): ProductId[] {
  if (remotesRead.size === 0) return [...reading.productsRead].sort();
  return [...reading.productsRead, ...(remotesRead as Set<ProductId>)].sort();
}
