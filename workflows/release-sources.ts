import type { Logger } from 'pino';
import { type Pool, transaction } from '../schema/ledger/connect.ts';
import { forgetPosition, forsakenPositions, type LogPosition } from '../schema/ledger/kept-tables.ts';
import { productOf } from '../schema/ledger/mesh.ts';
import { requireRevision } from '../schema/ledger/products.ts';
import { sourceAsk, type SourceDeps } from './refresh/extract.ts';
import { releasePosition } from './sources/open-source.ts';
import type { SourceAsk } from './sources/source.ts';

type ReleaseDeps = SourceDeps & {
  readonly pool: Pool;
  readonly log: Logger;
  readonly signal: AbortSignal;
};

/**
 * Lets sources drop what they keep for products that are retired or read them otherwise by now: a replication slot that nobody reads holds
 * its server's log. A source that is out of reach is asked again the next time. Answers how many were released.
 */
export async function releaseSources(deps: ReleaseDeps): Promise<number> {
  let released = 0;
  for (const position of await forsakenPositions(deps.pool))
    try {
      const ask = await positionAsk(deps, position);
      if (ask !== null) await releasePosition(ask, position.watermark);
      await transaction(deps.pool, (trx) => forgetPosition(trx, position));
      released += 1;
    } catch (error) {
      deps.signal.throwIfAborted();
      const { productId: product, watermark } = position;
      deps.log.warn(
        { product, position: watermark, err: error },
        'a source keeps its log for a product that reads it no more',
      );
    }
  return released;
}

/** What the source was read with up to a position; null where its contract of that time does not say any more. */
export async function positionAsk(
  deps: Pick<ReleaseDeps, keyof SourceDeps | 'pool' | 'signal'>,
  { productId, revision, name }: LogPosition,
): Promise<SourceAsk | null> {
  const stored = await requireRevision(deps.pool, productId, revision);
  for (const port of productOf(stored).inputs) {
    const object = port.kind === 'server' ? port.objects.find(({ view }) => view === name) : undefined;
    if (port.kind !== 'server' || object === undefined) continue;
    const { signal } = deps;
    return sourceAsk(deps, {
      server: port.server,
      object,
      folder: stored.folder,
      position: null,
      reader: productId,
      run: null,
      signal,
    });
  }
  return null;
}
