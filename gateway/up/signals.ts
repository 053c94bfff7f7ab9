import { setTimeout as sleep } from 'node:timers/promises';

/** npm hands Ctrl-C on to a child that has had it from the terminal already: only a later one is a second. */
const SAME_SIGNAL_MS = 1_000;

/** Calls `first` when the process is asked to end, and `second` when it is asked again; returns how to stop listening. */
export function onSignals(first: () => void, second: () => void): () => void {
  let firstAt: number | null = null;
  const listener = (): void => {
    if (firstAt === null) {
      firstAt = performance.now();
      first();
    } else if (performance.now() - firstAt > SAME_SIGNAL_MS) second();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

/** Resolves when `signal` is aborted, and keeps the process until then. */
export async function aborted(signal: AbortSignal): Promise<void> {
  // A listener alone keeps no process, and with foreign servers nothing else might.
  while (!signal.aborted) await sleep(60_000, undefined, { signal }).catch(() => undefined);
}
