import { Refusal } from '../errors.ts';
import type { ProductId, RunId } from '../ids.ts';
import { PRIORITIES } from '../run.ts';
import type { Queryable, Transaction } from './connect.ts';
import { emit } from './events.ts';
import { requireRun } from './runs.ts';

/** How long what a failed run made is kept for a retry, if no other run of the product begins before: a working day and the night after it. */
const KEPT_HOURS = 24;

/**
 * Asks for a run that takes up a failed one: it has its revision, inputs and schema, and the stages that were done are done. Where
 * nothing was kept it begins at the first. Refuses with NOT_RETRYABLE what did not fail, or was overtaken.
 */
export async function requestRetry(
  trx: Transaction,
  ask: { runId: RunId; failed: RunId; requestedBy: string; traceparent?: string | null },
): Promise<void> {
  const failed = await requireRun(trx, ask.failed);
  const no = (why: string): Refusal =>
    new Refusal('NOT_RETRYABLE', `Run ${ask.failed} ${why}. Refresh ${failed.productId} instead.`);
  if (failed.phase !== 'failed') throw no(`is ${failed.phase}: only what failed is taken up again`);
  const made = await trx.query(
    // Whoever clears away what failed runs made takes the same row.
    `with failed as (select * from weft.runs where id = $2 for update),
          kept as (select f.id from failed f
                    where f.kept_until > now()
                      and not exists (select from jsonb_each_text(f.input_versions) input (product_id, version)
                                        join weft.dataset_versions v on v.product_id = input.product_id and v.version = input.version::int
                                       where v.dropped_at is not null))
     insert into weft.runs (id, product_id, revision, trigger, phase, requested_by, priority, scheduled_for, retry_of, workspace, input_versions, full_load, backfill_id,
                            source_states, weft_version, traceparent)
     select $1, f.product_id, f.revision, 'retry', 'queued', $3, $4, f.scheduled_for, f.id,
            (select coalesce(f.workspace, f.id) from kept), case when exists (select from kept) then f.input_versions else '{}' end, f.full_load, f.backfill_id,
            case when exists (select from kept) then f.source_states else '{}' end, (select f.weft_version from kept), $5
       from failed f
       join weft.products p on p.id = f.product_id and p.retired_at is null
      where f.revision = (select max(n.revision) from weft.product_revisions n
                           where n.product_id = f.product_id and n.state in ('pending', 'live'))
        and not exists (select from weft.runs later where later.product_id = f.product_id and later.requested_at > f.requested_at)
     on conflict (product_id) where phase in ('queued', 'running') do nothing`,
    [ask.runId, ask.failed, ask.requestedBy, PRIORITIES.retry, ask.traceparent ?? null],
  );
  if (made.rowCount === 0) throw no('was followed by another run, or by another revision of the product');
  await trx.query(
    `insert into weft.stages (run_id, stage, state, attempt, started_at, ended_at, detail)
     select r.id, s.stage, s.state, s.attempt, s.started_at, s.ended_at, s.detail
       from weft.runs r join weft.stages s on s.run_id = r.retry_of and s.state = 'done'
      where r.id = $1 and r.workspace is not null`,
    [ask.runId],
  );
  await trx.query(
    `insert into weft.kept_tables (run_id, name, schema_name, table_name, version, base_version, watermark, shape)
     select r.id, k.name, k.schema_name, k.table_name, k.version, k.base_version, k.watermark, k.shape
       from weft.runs r join weft.kept_tables k on k.run_id = r.retry_of
      where r.id = $1 and r.workspace is not null`,
    [ask.runId],
  );
  await trx.query('update weft.runs set kept_until = null where id = $1', [ask.failed]);
  await emit(trx, { type: 'refresh.requested', subject: failed.productId, payload: { runId: ask.runId } });
}

/** What a failed run made is kept from now on, where its rows had landed: less is not worth it. */
export async function keepWork(db: Queryable, id: RunId): Promise<void> {
  await db.query(
    `update weft.runs set kept_until = now() + make_interval(hours => $2)
      where id = $1 and phase = 'failed'
        and exists (select from weft.stages where run_id = $1 and stage = 'land' and state = 'done')`,
    [id, KEPT_HOURS],
  );
}

/** True where what a failed run made is of use: it is kept, or another run took it over. */
export async function isOfUse(db: Queryable, id: RunId): Promise<boolean> {
  const { rows } = await db.query(
    `select from weft.runs r
      where r.id = $1
        and (r.kept_until is not null or exists (select from weft.runs n where n.retry_of = r.id and n.workspace is not null))`,
    [id],
  );
  return rows.length === 1;
}

/** A failed run whose work is no longer kept. */
export interface ForsakenRun {
  readonly productId: ProductId;
  readonly workspace: RunId;
}

/**
 * Takes the failed runs whose time is over, or, of a product where one is named, all but the one whose schema `but` works in: their
 * schemas are to be dropped in this transaction.
 */
export async function takeForsaken(
  trx: Transaction,
  which: { product: ProductId; but: RunId } | 'expired',
): Promise<ForsakenRun[]> {
  const [product, but] = which === 'expired' ? [null, null] : [which.product, which.but];
  const { rows } = await trx.query<ForsakenRun>(
    `update weft.runs set kept_until = null
      where id in (select id from weft.runs
                    where kept_until is not null
                      and case when $1::text is null then kept_until < now()
                               else product_id = $1 and coalesce(workspace, id) <> $2::uuid end
                      for update)
     returning product_id as "productId", coalesce(workspace, id) as workspace`,
    [product, but],
  );
  return rows;
}
