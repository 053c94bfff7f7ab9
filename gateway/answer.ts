import type { ServerResponse } from 'node:http';
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { Refusal, REFUSALS } from '../schema/errors.ts';
import type { ProductId } from '../schema/ids.ts';
import type { StatementRun } from '../schema/reading.ts';
import type { AnswerCache } from './answer-cache.ts';
import { dataProducts, dataProductsJson } from './data-products.ts';
import type { Envelope } from './envelope.ts';
import { goneSignal } from './execute/gone-signal.ts';
import type { CompiledOperation } from './execute/operations.ts';
import { type LogFault, shownError } from './execute/shown-error.ts';
import { requireBoundedNesting } from './nesting.ts';
import type { Serving } from './serving.ts';

export interface AnswerDeps {
  readonly slowMs: number;
  readonly logger: Logger;
  readonly logFault: LogFault;
}

export interface AnswerAsk {
  readonly operation: CompiledOperation;
  readonly envelope: Envelope;
  readonly serving: Serving;
  readonly answers: AnswerCache;
  /** What was answered before may be answered again. */
  readonly mayBeKept: boolean;
  /** The client may see how it is answered, and asks to. */
  readonly showsPlan: boolean;
}

/** What is sent. */
export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly outcome: 'ok' | 'error';
}

/** Answers a compiled operation: from what was kept, or by its statement. */
export async function answer(deps: AnswerDeps, ask: AnswerAsk, response: ServerResponse): Promise<Answered> {
  const { operation, envelope, serving, answers } = ask;
  const { variables } = envelope;
  const beganMs = performance.now();
  const statements: StatementRun[] = [];
  const productsRead = new Set<ProductId>();
  try {
    requireBoundedNesting({ variables });
    const key = ask.mayBeKept ? `${operation.id} ${JSON.stringify(variables)}` : '';
    const kept = ask.mayBeKept ? answers.get(key, serving) : null;
    if (kept !== null) return sound(ask, kept.json, kept.products, { kept: true, statements });
    const watch = { explain: ask.showsPlan, saw: (run: StatementRun) => void statements.push(run) };
    const signal = goneSignal(response);
    const { datasets } = serving;
    const answered = await operation.managed.answer(variables, { datasets, productsRead, signal, watch });
    if ('json' in answered) {
      const products = [...productsRead].sort();
      if (ask.mayBeKept) answers.put(key, { json: answered.json, products }, serving);
      return sound(ask, answered.json, products, { kept: false, statements });
    }
    const { data, errors } = answered;
    const extensions = { dataProducts: dataProducts(serving, productsRead) };
    const shown = errors && { errors: errors.map((error) => shownError(error, deps.logFault)) };
    return {
      // Without data the request itself was at fault (GraphQL, 7.1.2).
      status: data === undefined ? 400 : 200,
      body: JSON.stringify({ ...shown, data, extensions }),
      outcome: errors === undefined ? 'ok' : 'error',
    };
  } catch (error) {
    const cause = error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error });
    const status = error instanceof Refusal ? REFUSALS[error.code].http : 500;
    return { status, body: JSON.stringify({ errors: [shownError(cause, deps.logFault)] }), outcome: 'error' };
  } finally {
    const ms = performance.now() - beganMs;
    if (ms > deps.slowMs)
      deps.logger.warn(
        { operation: envelope.operationName, ms, products: [...productsRead], statements },
        'slow operation',
      );
  }
}

function sound(
  { serving, showsPlan }: AnswerAsk,
  json: string,
  products: readonly ProductId[],
  made: { kept: boolean; statements: readonly StatementRun[] },
): Answered {
  const plan = showsPlan ? `,"plan":${JSON.stringify({ path: 'managed', ...made })}` : '';
  const extensions = `{"dataProducts":${dataProductsJson(serving, products)}${plan}}`;
  return { status: 200, body: `{"data":${json},"extensions":${extensions}}`, outcome: 'ok' };
}
