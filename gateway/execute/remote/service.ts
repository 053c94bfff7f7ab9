import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleType,
  handleWhen,
  IterableBackoff,
  retry,
  wrap,
} from 'cockatiel';
import type { Dispatcher } from 'undici';
import type { Ending } from '../ending.ts';
import { type Address, exchange, type Reply, type Sending } from './exchange.ts';
import { Flights } from '../flights.ts';
import { Misbehavior, OutOfReach } from './misbehavior.ts';

/** How a service is treated that does not answer. */
export interface Patience {
  /** For the whole answer, a second try included. */
  readonly timeoutMs: number;
  /** So many failures to answer, one after another, and it is asked no more … */
  readonly failures: number;
  /** … for so long; then one request tries it. The last holds as long as it fails. */
  readonly pausesMs: readonly number[];
}

/** What became of the requests to a service since this gateway knows it. */
export interface Tally {
  answered: number;
  failed: number;
  /** Not asked: its circuit breaker is open. */
  refused: number;
  /** Sent a second time. */
  retried: number;
  /** Not sent: the same was under way for another. */
  shared: number;
}

/** Closed: it is asked. Open: it is not. Half open: one request tries it. */
export type BreakerState = 'closed' | 'half open' | 'open';

/** One service, and what is known of it: it outlives the supergraphs that name it. */
export class Service {
  readonly tally: Tally = { answered: 0, failed: 0, refused: 0, retried: 0, shared: 0 };
  /** What is under way: the reply, and the sending that brings it. */
  readonly flights = new Flights<{ readonly reply: Reply; readonly sending: Sending }>();
  readonly #dispatcher: Dispatcher;
  readonly #address: Address;
  readonly #timeoutMs: number;
  readonly #breaker;
  readonly #twice;

  constructor(dispatcher: Dispatcher, url: string, { timeoutMs, failures, pausesMs }: Patience) {
    const { origin, pathname, search } = new URL(url);
    this.#dispatcher = dispatcher;
    this.#address = { origin, path: `${pathname}${search}` };
    this.#timeoutMs = timeoutMs;
    this.#breaker = circuitBreaker(handleType(OutOfReach), {
      halfOpenAfter: new IterableBackoff(pausesMs),
      breaker: new ConsecutiveBreaker(failures),
    });
    const second = retry(
      handleWhen((error) => error instanceof OutOfReach && error.again),
      // Long enough for a proxy to find another instance; not in step with other gateways.
      { maxAttempts: 1, backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 250 }) },
    );
    second.onRetry(() => (this.tally.retried += 1));
    this.#twice = wrap(second, this.#breaker);
  }

  get state(): BreakerState {
    if (this.#breaker.state === CircuitState.Closed) return 'closed';
    return this.#breaker.state === CircuitState.HalfOpen ? 'half open' : 'open';
  }

  /** Hears of each change of `state`. */
  onState(listener: (state: BreakerState) => void): void {
    this.#breaker.onStateChange(() => listener(this.state));
  }

  /** Asks it within its time, a query twice where that may help. Rejects with a Misbehavior, a refusal, or why `ending` ended. */
  fetch(sending: Sending, isQuery: boolean, ending: Ending): Promise<Reply> {
    const policy = isQuery ? this.#twice : this.#breaker;
    return this.#tried(ending, () => policy.execute(() => exchange(this.#dispatcher, this.#address, sending, ending)));
  }

  /** Begins what goes on for longer, within the time of an answer; `ending` ends it then. */
  begin<Begun>(ending: Ending, start: () => Promise<Begun>): Promise<Begun> {
    return this.#tried(ending, () => this.#breaker.execute(start));
  }

  async #tried<Value>(ending: Ending, ask: () => Promise<Value>): Promise<Value> {
    const tooLate = `did not answer within ${this.#timeoutMs / 1000} s`;
    const timer = setTimeout(() => ending.abort(new OutOfReach(tooLate, false)), this.#timeoutMs);
    try {
      // While one request tries it, the others do not wait for what that learns.
      if (this.state === 'half open') throw new BrokenCircuitError();
      const value = await ask();
      this.tally.answered += 1;
      return value;
    } catch (error) {
      if (error instanceof BrokenCircuitError) {
        this.tally.refused += 1;
        throw new Misbehavior('was not asked: it has not answered for a while, and is tried again in a moment');
      }
      this.tally.failed += 1;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
