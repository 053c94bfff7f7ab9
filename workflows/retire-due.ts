import type { Logger } from 'pino';
import { Refusal } from '../schema/errors.ts';
import type { ProductId } from '../schema/ids.ts';
import {
  type AnnouncedRetirement,
  dueRetirements,
  takeBackRetirement,
} from '../schema/ledger/announced-retirements.ts';
import { type Pool, transaction } from '../schema/ledger/connect.ts';
import { keepingRefusals } from '../schema/ledger/decisions.ts';
import { emit } from '../schema/ledger/events.ts';
import { retireProduct } from '../schema/ledger/retire-product.ts';
import { isHeadBusy, lockHead } from '../schema/ledger/supergraphs.ts';

interface RetireDeps {
  readonly pool: Pool;
  readonly log: Logger;
  /** Who used it within so many days is told. */
  readonly usageDays: number;
}

/**
 * Retires the products whose announced time has come, one transaction each; answers those that went. One that others still hold stays:
 * the refusal is kept, and the announcement is over, so that nothing goes weeks later when nobody thinks of it.
 */
export async function retireDue(deps: RetireDeps): Promise<ProductId[]> {
  const retired: ProductId[] = [];
  for (const due of await dueRetirements(deps.pool))
    try {
      if (await retireNow(deps, due)) retired.push(due.productId);
    } catch (error) {
      // Another change of the graph takes its time: it is tried again the next time.
      if (isHeadBusy(error)) continue;
      if (!(error instanceof Refusal)) throw error;
      deps.log.warn({ product: due.productId, err: error }, 'an announced retirement was refused, and is over');
      await transaction(deps.pool, async (trx) => {
        if (!(await takeBackRetirement(trx, due.productId))) return;
        await emit(trx, { type: 'product.stays', subject: due.productId, payload: { consumers: [] } });
      });
    }
  return retired;
}

/** False where it was taken back meanwhile, or another worker came first. */
function retireNow(
  { pool, usageDays }: RetireDeps,
  { productId: id, announcedBy }: AnnouncedRetirement,
): Promise<boolean> {
  return keepingRefusals(pool, { product: id, action: 'retire', actor: announcedBy }, () =>
    transaction(pool, async (trx) => {
      await lockHead(trx);
      if (!(await dueRetirements(trx)).some(({ productId }) => productId === id)) return false;
      await retireProduct(trx, { id, actor: announcedBy, usageDays });
      return true;
    }),
  );
}
