import { requestMerge, slicesOf, stopBackfill, takeFinishedBackfill } from '../../schema/ledger/backfills.ts';
import { type Pool, transaction } from '../../schema/ledger/connect.ts';
import type { RunError } from '../../schema/ledger/runs.ts';
import type { BackfillRef, SliceRef } from '../names.ts';
import { dropRunSchema } from '../refresh/announce.ts';
import { RunUnderWay } from '../refresh/scheduled.ts';
import type { RefreshDeps } from '../refresh/stage.ts';

/** The first slices of a backfill that are not read yet. */
export async function unreadSlices(
  { pool }: Pick<RefreshDeps, 'pool'>,
  { backfillId }: BackfillRef,
): Promise<SliceRef[]> {
  const slices = await slicesOf(pool, backfillId, { unread: BATCH });
  return slices.map(({ id, nth, begins, ends }) => ({ sliceId: id, backfillId, nth, begins, ends }));
}

/** As many as a workflow hands out before it asks anew: their ids are a small payload. */
const BATCH = 200;

/** Asks for the run that merges what was read; throws RunUnderWay while another of the product is, which it is to follow. */
export async function mergeSlices(
  { pool, newRunId }: Pick<RefreshDeps, 'pool' | 'newRunId'>,
  { backfillId, productId }: BackfillRef,
): Promise<void> {
  if (!(await transaction(pool, (trx) => requestMerge(trx, backfillId, newRunId))))
    throw new RunUnderWay(`Waits for the end of the run of ${productId} that is under way.`);
}

/** Records why a backfill was not read to its end, null where it was called off. One that is over stays as it is. */
export async function endReading(
  { pool }: Pick<RefreshDeps, 'pool'>,
  { backfillId }: BackfillRef,
  error: RunError | null,
): Promise<void> {
  await transaction(pool, (trx) =>
    stopBackfill(trx, backfillId, error === null ? { kind: 'cancelled' } : { kind: 'failed', error }),
  );
}

/** Drops what was read for backfills that are over, those that failed after a while. */
export async function clearBackfills(pool: Pool): Promise<void> {
  for (;;) {
    const cleared = await transaction(pool, async (trx) => {
      const finished = await takeFinishedBackfill(trx);
      if (finished !== null) await dropRunSchema(trx, finished.schema);
      return finished;
    });
    if (cleared === null) return;
  }
}
