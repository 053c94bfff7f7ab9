import type { GoneSignal } from '../../schema/reading.ts';

/** A signal that is given by hand; an AbortController costs more to make than a short request to send. */
export class Ending implements GoneSignal {
  aborted = false;
  reason: unknown = null;
  readonly #listeners = new Set<() => void>();

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }
}
