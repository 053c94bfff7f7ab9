import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves with what the promise does, or with null after `limitMs`, whichever comes first; the promise goes on. */
export async function within<Value>(limitMs: number, promise: Promise<Value>): Promise<Value | null> {
  const waiting = new AbortController();
  try {
    return await Promise.race([promise, sleep(limitMs, null, { signal: waiting.signal })]);
  } finally {
    waiting.abort();
  }
}
