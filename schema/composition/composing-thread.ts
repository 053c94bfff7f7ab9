import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { ComposableSubgraph, Composition } from './compose.ts';

// A thread takes a second to start, and holds 100 MB: it stays as long as publishes follow one another.
const IDLE_MS = 60_000;

/** What one composition may take. */
export interface ThreadBounds {
  readonly ms: number;
  readonly heapMb: number;
}

/** A thread that composes: started when it is wanted, ended when it is not, and when a composition takes more than it may. */
export class ComposingThread {
  readonly #bounds: ThreadBounds;
  #worker: Worker | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  constructor(bounds: ThreadBounds) {
    this.#bounds = bounds;
  }

  /** After those that came before; a phrase says which bound it did not keep. */
  compose(subgraphs: readonly ComposableSubgraph[]): Promise<Composition | string> {
    const turn = this.#last.then(() => this.#ask(subgraphs));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #ask(subgraphs: readonly ComposableSubgraph[]): Promise<Composition | string> {
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#started());
    worker.ref();
    try {
      const answer = await answerOf(worker, subgraphs, this.#bounds);
      if (typeof answer === 'string') await this.#end();
      return answer;
    } catch (error) {
      await this.#end();
      throw error;
    } finally {
      worker.unref();
      this.#idle = setTimeout(() => void this.#end(), IDLE_MS).unref();
    }
  }

  #started(): Worker {
    return new Worker(new URL('./composing-entry.js', import.meta.url), {
      // The loader that the process may have been started with is for its main thread.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: this.#bounds.heapMb },
    });
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}

async function answerOf(
  worker: Worker,
  subgraphs: readonly ComposableSubgraph[],
  { ms, heapMb }: ThreadBounds,
): Promise<Composition | string> {
  const ending = new AbortController();
  const { signal } = ending;
  try {
    const answer = once(worker, 'message', { signal });
    worker.postMessage(subgraphs.map(({ name, sdl, url }) => ({ name, sdl, url })));
    return await Promise.race([
      answer.then(([composition]) => composition as Composition),
      once(worker, 'exit', { signal }).then(([code]) => {
        throw new Error(`The composing thread ended with ${code} before it answered.`);
      }),
      sleep(ms, `within ${ms / 1_000} s`, { signal }),
    ]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') return `in ${heapMb} MB`;
    throw error;
  } finally {
    ending.abort();
  }
}
