import { setMaxListeners } from 'node:events';
import type { ProductId } from '../../schema/ids.ts';
import type { GoneSignal, StatementWatch } from '../../schema/reading.ts';
import type { OperationContext } from './context.ts';
import { abortSignal } from './gone-signal.ts';

// Longer than any statement may take; a client that waits longer has gone.
const TIMEOUT_MS = 30_000;

/** What an operation that begins now works with. */
export function operationContext(
  { actor, serving, trace }: Pick<OperationContext, 'actor' | 'serving' | 'trace'>,
  signal: GoneSignal,
  watch?: StatementWatch,
): OperationContext {
  const reading = { datasets: serving.datasets, productsRead: new Set<ProductId>(), signal, ...(watch && { watch }) };
  return { actor, serving, reading, remotesRead: new Set(), fetches: [], trace };
}

/** Fires too when an operation of several steps has taken too long in all. */
export function bounded(gone: GoneSignal): AbortSignal {
  const signal = AbortSignal.any([abortSignal(gone), AbortSignal.timeout(TIMEOUT_MS)]);
  // Every statement and fetch of the operation listens while it runs; Node would warn from the eleventh on.
  setMaxListeners(0, signal);
  return signal;
}
