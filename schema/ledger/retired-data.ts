import type { ProductId } from '../ids.ts';
import type { Queryable, Transaction } from './connect.ts';
import { type DatasetVersion, datasetHistory } from './datasets.ts';

/** Longer than an operation may take that began on the graph from before. */
const GRACE = "interval '10 minutes'";
const IS_OVER = `p.retired_at < now() - ${GRACE} and p.data_until <= now()`;

/** Retired products that still have data though its retention has ended. */
export async function productsBeyondRetention(db: Queryable): Promise<ProductId[]> {
  const { rows } = await db.query<{ id: ProductId }>(
    `select p.id from weft.products p
      where ${IS_OVER}
        and exists (select from weft.dataset_versions v where v.product_id = p.id and v.dropped_at is null)
      order by p.id`,
  );
  return rows.map(({ id }) => id);
}

/**
 * The versions of such a product whose tables may be dropped in this transaction; none where it has been published again meanwhile, or a
 * run under way has pinned one. Locks the product's row; from here on no version is the one that readers see.
 */
export async function takeRetiredVersions(trx: Transaction, id: ProductId): Promise<DatasetVersion[]> {
  const { rowCount } = await trx.query(
    `update weft.products p set live_version = null
      where p.id = $1 and ${IS_OVER}
        and not exists (select from weft.runs r where r.phase in ('queued', 'running') and r.input_versions ? p.id)`,
    [id],
  );
  return rowCount === 0 ? [] : (await datasetHistory(trx, id)).filter(({ droppedAt }) => droppedAt === null);
}
