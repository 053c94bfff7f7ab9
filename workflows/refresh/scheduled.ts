import type { ProductId, RunId } from '../../schema/ids.ts';
import { type Pool, transaction } from '../../schema/ledger/connect.ts';
import { currentId } from '../../schema/ledger/former-ids.ts';
import { productOf } from '../../schema/ledger/mesh.ts';
import { pausesOf } from '../../schema/ledger/pauses.ts';
import { revisionIn } from '../../schema/ledger/products.ts';
import { cancelRun, requestRun, run as findRun } from '../../schema/ledger/runs.ts';

/** A run is under way that the schedule's own is to follow: worth asking again in a moment. */
export class RunUnderWay extends Error {}

/**
 * Asks for the run that a product's schedule wants; true where it is one of its own. None comes to a paused product; of one that is
 * under way the contract says whether it is enough, or called off; throws RunUnderWay where the new one is to follow it.
 */
export async function requestScheduledRun(
  { pool }: { pool: Pool },
  { product, runId, scheduledFor }: { product: ProductId; runId: RunId; scheduledFor: Date | null },
): Promise<boolean> {
  return transaction(pool, async (trx) => {
    // The answer to an earlier attempt may have been lost after the run that it asked for had ended.
    if ((await findRun(trx, runId)) !== null) return true;
    // A tick may have begun under the name from before.
    const productId = (await currentId(trx, product)) ?? product;
    if ((await pausesOf(trx, [productId])).length > 0) return false;
    const ask = {
      runId,
      productId,
      trigger: 'schedule',
      requestedBy: 'schedule',
      ...(scheduledFor === null ? {} : { scheduledFor }),
    } as const;
    const made = await requestRun(trx, ask);
    if (!made.joined) return true;
    const live = await revisionIn(trx, productId, 'live');
    const overlap = live === null ? 'skip' : (productOf(live).sla.refresh?.overlap ?? 'skip');
    if (overlap === 'skip') return false;
    if (overlap === 'follow') throw new RunUnderWay(`Waits for the end of run ${made.runId}.`);
    await cancelRun(trx, made.runId);
    return !(await requestRun(trx, ask)).joined;
  });
}
