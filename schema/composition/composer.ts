import { type ComposableSubgraph, compose, type Composition } from './compose.ts';
import { ComposingThread } from './composing-thread.ts';

/** What a composition may take. */
export interface CompositionLimits {
  /** Letters of SDL that are composed in this thread, in a tenth of a second: more would hold up what is served by it. */
  readonly hereLetters: number;
  /** Less than the 30 s for which the transaction that waits for it may be silent. */
  readonly ms: number;
  /** A thousand products that are composed all at once take 1.5 GB. */
  readonly heapMb: number;
}

const LIMITS: CompositionLimits = { hereLetters: 64 * 1024, ms: 25_000, heapMb: 2_048 };

/**
 * Composes in bounded time and memory: what is large in a thread of its own, one after the other, so that what is served goes on. What
 * does not end within its bounds does not compose, with COMPOSITION_TOO_LARGE.
 */
export function composer(
  limits: CompositionLimits = LIMITS,
): (subgraphs: readonly ComposableSubgraph[]) => Promise<Composition> {
  const thread = new ComposingThread(limits);
  return async (subgraphs) => {
    const letters = subgraphs.reduce((sum, { sdl }) => sum + sdl.length, 0);
    if (letters <= limits.hereLetters) return compose(subgraphs);
    const outcome = await thread.compose(subgraphs);
    return typeof outcome === 'string' ? tooLarge(outcome) : outcome;
  };
}

/** With the bounds of this process. */
export const composeBounded = composer();

function tooLarge(bound: string): Composition {
  const message = `The graph could not be composed ${bound}: make the subgraph that was added smaller, or simpler.`;
  return { composes: false, errors: [{ code: 'TOO_LARGE', message }] };
}
