import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';

/** A worker that is made again whenever it ends by itself, until it is stopped. */
export interface KeptWorker {
  /** Resolves once it polls for the first time. */
  readonly polling: Promise<void>;
  /** Whether it polls now. */
  readonly isRunning: () => boolean;
  stop(): Promise<void>;
}

/** Waits before the next try, doubled each time up to the most: Temporal may be away for a while. */
const PAUSE_MS = { first: 500, most: 10_000 } as const;

/** Runs a worker, and makes a new one where it fails: a worker whose Temporal was away too long ends for good. */
export function keepRunning(name: string, log: Logger, make: () => Promise<Worker>): KeptWorker {
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  let current: Worker | null = null;
  let begun: () => void = () => undefined;
  const polling = new Promise<void>((resolve) => (begun = resolve));

  const ended = (async () => {
    for (
      let pauseMs: number = PAUSE_MS.first;
      !stopping.signal.aborted;
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS.most)
    ) {
      const startedMs = performance.now();
      try {
        current = await make();
        if (isStopping()) break;
        const running = current.run();
        begun();
        await running;
      } catch (error) {
        log.error({ worker: name, err: error }, 'a worker ended; it is made again');
      } finally {
        current = null;
      }
      if (performance.now() - startedMs > PAUSE_MS.most) pauseMs = PAUSE_MS.first;
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();

  return {
    polling,
    isRunning: () => current?.getState() === 'RUNNING',
    stop: async () => {
      stopping.abort();
      if (current?.getState() === 'RUNNING') current.shutdown();
      await ended;
    },
  };
}
