import { Refusal } from '../../schema/errors.ts';
import { type Actor, keyInvalid } from '../actor.ts';
import { productsOf } from '../answers/answer.ts';
import { dataProductsJson } from '../answers/data-products.ts';
import type { SubgraphAnswer } from '../execute/context.ts';
import { Ending } from '../execute/ending.ts';
import { ClientGone } from '../execute/flights.ts';
import { operationContext } from '../execute/operation-context.ts';
import type { Operations, SubscriptionOperation } from '../execute/operations.ts';
import type { Subscribed } from '../execute/plan/planned-subscription.ts';
import { type LogFault, shownThrown } from '../execute/shown-error.ts';
import type { Graph } from '../serving/graph.ts';
import type { Client } from '../usage/client.ts';
import type { UsageMeter } from '../usage/usage-meter.ts';

// As long as a query of several steps may take: what an event needs besides comes from as many subgraphs.
const EVENT_MS = 30_000;

export interface LiveDeps {
  readonly graph: Pick<Graph, 'current' | 'operations'>;
  readonly usage: UsageMeter;
  readonly logFault: LogFault;
}

/** A subscription that is asked for. */
export interface LiveAsk {
  readonly actor: Actor;
  readonly client: Client;
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** A subscription as one graph has it. */
export interface LivePlan {
  readonly operations: Operations;
  readonly operation: SubscriptionOperation;
  readonly subscribed: Subscribed;
  /** One for all of its events: with progressive `@override`, they come from one place. */
  readonly roll: number;
}

/**
 * A subscription under way: its answers as JSON, one for each event, in the order of the events. Each is made by the graph that is
 * served when its event is read, from the data of that moment. It has one reader, and is not ahead of it.
 */
export class LiveOperation implements AsyncIterable<string> {
  readonly #deps: LiveDeps;
  readonly #ask: LiveAsk;
  readonly #ending = new Ending();
  readonly #over: () => void;
  #plan: LivePlan;
  #events: AsyncIterable<SubgraphAnswer> | null = null;

  /** `over` is called when it has ended, for whatever reason. */
  constructor(deps: LiveDeps, ask: LiveAsk, plan: LivePlan, over: () => void) {
    this.#deps = deps;
    this.#ask = ask;
    this.#plan = plan;
    this.#over = over;
  }

  /** Subscribes. Rejects with what may be shown where the service is at fault, or with why it was ended meanwhile. */
  async begin(): Promise<void> {
    const { source, request } = this.#plan.subscribed;
    try {
      this.#events = await source.open(request, this.#ending);
      this.#count(false);
    } catch (error) {
      this.#count(true);
      this.#over();
      throw error;
    }
  }

  /** Ends it; a refusal is the last that its reader hears. */
  end(reason: Refusal | ClientGone): void {
    this.#ending.abort(reason);
    this.#over();
  }

  /** Ends it where the key of who asked is valid no more. */
  requireCurrentKey(): void {
    if (!this.#ask.actor.isCurrent()) this.end(keyInvalid());
  }

  /** It is in use still, be there events or not. */
  tellUse(): void {
    this.#count(false, 0);
  }

  /** Ends it where it would not mean the same in the graph that is served now. */
  review(): void {
    try {
      if (!this.#isSame()) this.end(graphChanged());
    } catch {
      // It cannot be planned any more; whoever subscribes anew is told what is wrong.
      this.end(graphChanged());
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    try {
      for await (const event of this.#events ?? []) {
        if (!this.#ask.actor.isCurrent()) throw keyInvalid();
        if (!this.#isSame()) throw graphChanged();
        const payload = await this.#payload(event);
        if (this.#ending.aborted) throw this.#ending.reason;
        yield payload;
      }
    } catch (error) {
      // Nobody would read it.
      if (!(error instanceof ClientGone)) yield this.#failed(error);
    } finally {
      this.end(new ClientGone());
    }
  }

  /**
   * It means the same where whoever subscribed now would be told of the same events: by the same request to the same address. What
   * else an answer is made of may have changed, as it may between two queries.
   */
  #isSame(): boolean {
    const operations = this.#deps.graph.operations();
    if (operations === this.#plan.operations) return true;
    const { query, operationName, actor, variables } = this.#ask;
    const operation = operations.find(query, operationName, actor);
    if (operation.kind !== 'subscription') return false;
    const { roll, subscribed: before } = this.#plan;
    const now = operation.source(variables, roll);
    if ('errors' in now || keyOf(now) !== keyOf(before)) return false;
    this.#plan = { operations, operation, subscribed: now, roll };
    return true;
  }

  #count(failed: boolean, times: 0 | 1 = 1): void {
    const { actor, client, variables } = this.#ask;
    const asked = { consumer: actor.name, client, variables };
    this.#deps.usage.count(this.#plan.operation.usage(), asked, failed, times);
  }

  #failed(error: unknown): string {
    return JSON.stringify({ errors: [shownThrown(error as Error, this.#deps.logFault)] });
  }

  async #payload(event: SubgraphAnswer): Promise<string> {
    const { operation, subscribed, roll } = this.#plan;
    const { actor, variables } = this.#ask;
    const serving = this.#deps.graph.current();
    const moment = new Ending();
    const stop = (): void => moment.abort(this.#ending.reason);
    const timer = setTimeout(() => moment.abort(new Error('An event took too long.')), EVENT_MS);
    this.#ending.addEventListener('abort', stop);
    try {
      const context = operationContext({ actor, serving, trace: null }, moment);
      context.remotesRead.add(subscribed.source.productId);
      const { data, errors = [] } = await operation.answer(event, { given: variables, roll }, context);
      const extensions = `"extensions":{"dataProducts":${dataProductsJson(serving, productsOf(context))}}`;
      this.#count(errors.length > 0);
      const shown = errors.map((error) => shownThrown(error, this.#deps.logFault));
      const told = shown.length === 0 ? '' : `"errors":${JSON.stringify(shown)},`;
      return `{${told}"data":${JSON.stringify(data ?? null)},${extensions}}`;
    } catch (error) {
      this.#count(true);
      return this.#failed(error);
    } finally {
      clearTimeout(timer);
      this.#ending.removeEventListener('abort', stop);
    }
  }
}

function keyOf({ source, request }: Subscribed): string {
  return `${source.address}\n${JSON.stringify(request)}`;
}

function graphChanged(): Refusal {
  return new Refusal(
    'GRAPH_CHANGED',
    'The graph has changed: this subscription would be of other events now, or is no longer possible. Subscribe anew.',
  );
}
