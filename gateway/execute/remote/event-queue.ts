import { Refusal } from '../../../schema/errors.ts';
import type { GoneSignal } from '../../../schema/reading.ts';
import type { SubgraphAnswer } from '../context.ts';

/** Of one event: it tells of something; it is no table. */
export const EVENT_LIMIT = 1024 * 1024;

// Small events that come in a few packets at once, and a client takes within a moment. With more, one that does not read would hold on
// to memory for nothing.
const WAITING_MAX = 4_096;
const WAITING_LIMIT = 4 * EVENT_LIMIT;

/**
 * Events that have come and wait for whoever subscribed, in their order. Where too many wait, or `ending` ends it, they are given up,
 * and reading ends with the reason. It has one reader.
 */
export class EventQueue implements AsyncIterable<SubgraphAnswer> {
  readonly #ending: GoneSignal;
  readonly #stop: () => void;
  readonly #waiting: { readonly event: SubgraphAnswer; readonly size: number }[] = [];
  #size = 0;
  /** Why nothing more comes; null reason where all has been told. */
  #over: { readonly reason: unknown } | null = null;
  #wake: () => void = () => undefined;

  /** `stop` is called once, as soon as nothing more is taken: whoever brings events need not any more. */
  constructor(ending: GoneSignal, stop: () => void) {
    this.#ending = ending;
    this.#stop = stop;
    ending.addEventListener('abort', this.#aborted, { once: true });
    if (ending.aborted) this.#aborted();
  }

  get over(): boolean {
    return this.#over !== null;
  }

  push(event: SubgraphAnswer, size: number): void {
    if (this.over) return;
    this.#waiting.push({ event, size });
    this.#size += size;
    if (this.#waiting.length > WAITING_MAX || (this.#size > WAITING_LIMIT && this.#waiting.length > 1))
      this.#giveUp(
        new Refusal(
          'SUBSCRIBER_TOO_SLOW',
          `More than ${WAITING_MAX} events, or ${WAITING_LIMIT} bytes of them, waited for the subscriber: subscribe anew, and read faster.`,
        ),
      );
    else this.#wake();
  }

  /** What has come is still read; then reading ends. */
  end(): void {
    this.#close(null);
  }

  /** What has come is still read; then reading fails with the reason. */
  fail(reason: unknown): void {
    this.#close(reason);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SubgraphAnswer> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        this.#size -= next.size;
        yield next.event;
      } else if (this.#over === null) await new Promise<void>((resolve) => (this.#wake = resolve));
      else if (this.#over.reason === null) return;
      // Whoever ends it gives an error.
      else throw this.#over.reason as Error;
    }
  }

  readonly #aborted = (): void => this.#giveUp(this.#ending.reason);

  #giveUp(reason: unknown): void {
    this.#waiting.length = 0;
    if (this.over) this.#over = { reason };
    else this.#close(reason);
  }

  #close(reason: unknown): void {
    if (this.over) return;
    this.#over = { reason };
    this.#stop();
    this.#wake();
  }
}
