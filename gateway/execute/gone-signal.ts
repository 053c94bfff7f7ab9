import type { ServerResponse } from 'node:http';
import type { GoneSignal } from '../../schema/reading.ts';

/** Fires when the client goes before it has its answer: what it asked for is cancelled in the database. */
export function goneSignal(response: ServerResponse): GoneSignal {
  const gone = new Gone(response);
  response.on('close', () => gone.close());
  return gone;
}

/** The same for those who need one of Node's. */
export function abortSignal(gone: GoneSignal): AbortSignal {
  if (gone instanceof AbortSignal) return gone;
  const controller = new AbortController();
  if (gone.aborted) controller.abort(gone.reason);
  else gone.addEventListener('abort', () => controller.abort(gone.reason), { once: true });
  return controller.signal;
}

class Gone implements GoneSignal {
  readonly reason = 'the client has gone';
  readonly #response: ServerResponse;
  readonly #listeners = new Set<() => void>();

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get aborted(): boolean {
    return this.#response.destroyed && !this.#response.writableFinished;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }

  close(): void {
    if (!this.#response.writableFinished) for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}
