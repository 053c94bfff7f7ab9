import type { Operations } from '../execute/operations.ts';

/** As many as a mesh's clients ask all the time, in no more time than a swap may take longer for it. */
const WARMED_MAX = 200;
const WARMED_MS = 1_000;

/**
 * Compiles what is asked most of the old graph in the new one, before that is served: the first to ask again is answered as fast as
 * before. Others have their turn after each; what the new graph does not have is left to who asks for it.
 */
export async function warm(next: Operations, before: Operations): Promise<void> {
  const untilMs = performance.now() + WARMED_MS;
  for (const asked of before.mostAsked(WARMED_MAX)) {
    if (performance.now() > untilMs) return;
    next.remember(asked);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
