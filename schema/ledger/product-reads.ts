import type { ProductId } from '../ids.ts';
import type { Queryable } from './connect.ts';

/** Upper ends of the classes of durations, in milliseconds; what took longer than the last is a class of its own. */
export const READ_BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;

/** Reads are kept for so many days: a quarter, which is what promises are looked back on for. */
const READS_KEPT_DAYS = 90;

/** Reads of some products since they were written last. */
export type ReadBatch = readonly {
  readonly product: ProductId;
  readonly answered: number;
  readonly failed: number;
  /** Answered, and later than promised. */
  readonly slow: number;
  /** Answered ones by READ_BOUNDS_MS, one class more than it has. */
  readonly durations: readonly number[];
}[];

/** Adds reads to those of this hour, in one statement, in the order of the keys; those of products that are no more are left out. */
export async function addReads(db: Queryable, batch: ReadBatch): Promise<void> {
  await db.query(
    `insert into weft.product_reads as known (product_id, hour, answered, failed, slow, durations)
     select p.id, date_trunc('hour', now(), 'UTC'), read.answered, read.failed, read.slow, read.durations
       from jsonb_to_recordset($1::jsonb) as read (product text, answered bigint, failed bigint, slow bigint, durations bigint[])
       join weft.products p on p.id = read.product
      order by p.id
     on conflict (product_id, hour) do update
        set answered = known.answered + excluded.answered,
            failed = known.failed + excluded.failed,
            slow = known.slow + excluded.slow,
            durations = array(select was + more
                                from unnest(known.durations, excluded.durations) with ordinality as sum (was, more, at)
                               order by at)`,
    [JSON.stringify(batch)],
  );
}

/** Deletes what is too long ago, of all gateways. */
export async function cleanReads(db: Queryable): Promise<void> {
  await db.query(`delete from weft.product_reads where hour < now() - make_interval(days => $1)`, [READS_KEPT_DAYS]);
}
