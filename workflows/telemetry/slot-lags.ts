import type { Pool } from '../../schema/ledger/connect.ts';
import type { ProductId } from '../../schema/ids.ts';
import { livePositions } from '../../schema/ledger/kept-tables.ts';
import type { SourceDeps } from '../refresh/extract.ts';
import { positionAsk } from '../release-sources.ts';
import { lagOfPosition } from '../sources/open-source.ts';

/** How much of its log a source's server holds for a table of which only what changed is read. */
export interface SlotLag {
  readonly product: ProductId;
  readonly object: string;
  readonly bytes: number;
}

/** Time for a source to answer: it is asked again within a minute, and others wait behind it. */
const PATIENCE_MS = 10_000;

/** Asks the sources of all products that are read by a replication slot; one that does not answer has none. */
export async function slotLags(
  deps: SourceDeps & { readonly pool: Pool; readonly signal: AbortSignal },
): Promise<SlotLag[]> {
  const lags: SlotLag[] = [];
  for (const position of await livePositions(deps.pool)) {
    const signal = AbortSignal.any([deps.signal, AbortSignal.timeout(PATIENCE_MS)]);
    const bytes = await lagOf({ ...deps, signal }, position).catch(() => null);
    deps.signal.throwIfAborted();
    if (bytes !== null) lags.push({ product: position.productId, object: position.name, bytes });
  }
  return lags;
}

async function lagOf(
  deps: Parameters<typeof positionAsk>[0],
  position: Awaited<ReturnType<typeof livePositions>>[number],
): Promise<number | null> {
  const ask = await positionAsk(deps, position);
  return ask === null ? null : lagOfPosition(ask, position.watermark);
}
