import { within } from './within.ts';

/**
 * A reading for those who ask often and may not wait: whoever asks while one is under way, or within `keptMs` of its beginning, shares
 * it. It answers null where it failed, and after `limitMs`: one that is slower goes on, no other is begun beside it, and nobody waits
 * for it any more.
 */
export function boundedReading<Value>(
  read: () => Promise<Value>,
  { keptMs, limitMs }: { readonly keptMs: number; readonly limitMs: number },
): () => Promise<Value | null> {
  let last: { readonly untilMs: number; readonly answer: Promise<Value | null>; ended: boolean } | null = null;
  return () => {
    const now = performance.now();
    if (last !== null && (!last.ended || now < last.untilMs)) return last.answer;
    const reading = read().catch(() => null);
    const begun = { untilMs: now + keptMs, answer: within(limitMs, reading), ended: false };
    void reading.then(() => (begun.ended = true));
    last = begun;
    return begun.answer;
  };
}
