import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves with the promise, or after `limitMs` without it, whichever comes first; the promise goes on. */
export async function within(limitMs: number, promise: Promise<void>): Promise<void> {
  const waiting = new AbortController();
  try {
    await Promise.race([promise, sleep(limitMs, undefined, { signal: waiting.signal })]);
  } finally {
    waiting.abort();
  }
}
