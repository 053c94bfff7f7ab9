import { setImmediate as nextTurn } from 'node:timers/promises';
import { Refusal } from '../../schema/errors.ts';
import type { GoneSignal } from '../../schema/reading.ts';
import type { SubscriptionOperation } from '../execute/operations.ts';
import { ClientGone } from '../execute/flights.ts';
import type { PlannedErrors } from '../execute/plan/planned-subscription.ts';
import { requireBoundedNesting } from '../door/nesting.ts';
import { type LiveAsk, type LiveDeps, LiveOperation } from './live-operation.ts';

export interface LiveOperationsDeps extends LiveDeps {
  /** So many may be under way at once. */
  readonly max: number;
}

/** The subscriptions that are under way. */
export class LiveOperations {
  readonly #deps: LiveOperationsDeps;
  readonly #underWay = new Set<LiveOperation>();
  #draining = false;

  constructor(deps: LiveOperationsDeps) {
    this.#deps = deps;
  }

  get count(): number {
    return this.#underWay.size;
  }

  /**
   * Subscribes, until `gone` fires. Errors where the request is at fault, or nothing of it is allowed. Rejects with a refusal, or with
   * what may be shown where the service is at fault.
   */
  async open(
    operation: SubscriptionOperation,
    ask: LiveAsk,
    gone: GoneSignal,
  ): Promise<LiveOperation | { readonly errors: PlannedErrors }> {
    this.#requireRoom();
    requireBoundedNesting({ variables: ask.variables });
    const roll = Math.random() * 100;
    const operations = this.#deps.graph.operations();
    const subscribed = operation.source(ask.variables, roll);
    if ('errors' in subscribed) return subscribed;
    const live = new LiveOperation(this.#deps, ask, { operations, operation, subscribed, roll }, () =>
      this.#underWay.delete(live),
    );
    this.#underWay.add(live);
    const leave = (): void => live.end(new ClientGone());
    if (gone.aborted) leave();
    else gone.addEventListener('abort', leave, { once: true });
    await live.begin();
    return live;
  }

  /** The graph was swapped: ends those that it changes. */
  async review(): Promise<void> {
    for (const live of [...this.#underWay]) {
      live.review();
      // Each may have to be planned anew: requests come in between.
      await nextTurn();
    }
  }

  /** Ends those of keys that were revoked or have expired. */
  endUnauthorized(): void {
    for (const live of [...this.#underWay]) live.requireCurrentKey();
  }

  /** Each is in use as long as it is under way. */
  tellUse(): void {
    for (const live of this.#underWay) live.tellUse();
  }

  /** Ends all, and takes no more. */
  drain(): void {
    this.#draining = true;
    for (const live of [...this.#underWay]) live.end(gatewayDraining());
  }

  #requireRoom(): void {
    if (this.#draining) throw gatewayDraining();
    const { max } = this.#deps;
    if (this.count >= max)
      throw new Refusal(
        'TOO_MANY_SUBSCRIPTIONS',
        `${max} subscriptions are under way, and no more are taken: try again in a while (WEFT_SUBSCRIPTIONS_MAX).`,
      );
  }
}

/** What is said when a gateway goes down. */
export function gatewayDraining(): Refusal {
  return new Refusal('GATEWAY_DRAINING', 'This gateway is going down: ask again, and reach another.');
}
