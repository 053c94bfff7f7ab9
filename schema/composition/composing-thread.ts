import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ComposableSubgraph, Composition } from './compose.ts';

// A thread takes a second to start, and holds 100 MB: it stays as long as publishes follow one another.
const IDLE_MS = 60_000;

/** A thread that composes: started when it is wanted, ended when it is not, and when a composition takes more than it may. */
export class ComposingThread {
  readonly #bounds: { readonly ms: number; readonly heapMb: number };
  #worker: Worker | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  constructor(bounds: { readonly ms: number; readonly heapMb: number }) {
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
    const { ms, heapMb } = this.#bounds;
    let late: NodeJS.Timeout | undefined;
    worker.ref();
    try {
      return await new Promise<Composition | string>((resolve, reject) => {
        late = setTimeout(() => resolve(`within ${ms / 1_000} s`), ms);
        worker.once('message', resolve);
        worker.once('error', (error: NodeJS.ErrnoException) => {
          if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') resolve(`in ${heapMb} MB`);
          else reject(error);
        });
        worker.once('exit', (code) => reject(new Error(`The composing thread ended with ${code} before it answered.`)));
        worker.postMessage(subgraphs.map(({ name, sdl, url }) => ({ name, sdl, url })));
      }).then(async (answer) => {
        if (typeof answer === 'string') await this.#end();
        return answer;
      });
    } catch (error) {
      await this.#end();
      throw error;
    } finally {
      clearTimeout(late);
      worker.removeAllListeners();
      worker.unref();
      this.#idle = setTimeout(() => void this.#end(), IDLE_MS);
      this.#idle.unref();
    }
  }

  #started(): Worker {
    return new Worker(new URL('./composing.ts', import.meta.url), {
      execArgv: ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href],
      resourceLimits: { maxOldGenerationSizeMb: this.#bounds.heapMb },
    });
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}
