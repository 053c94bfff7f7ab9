import type { BackfillRange } from '../backfill-range.ts';
import { Refusal } from '../errors.ts';
import { type BackfillId, domainOf, ownName, type ProductId, type RunId, type SliceId, type SqlName } from '../ids.ts';
import type { Queryable, Transaction } from './connect.ts';
import { emit } from './events.ts';
import { domainSchema } from './roles.ts';
import { requestRun, type RunError } from './runs.ts';

/** `reading` its slices, `merging` them by a run, or how it ended. */
export type BackfillPhase = 'reading' | 'merging' | 'done' | 'failed' | 'cancelled';

export interface Backfill extends BackfillRange {
  readonly id: BackfillId;
  readonly productId: ProductId;
  /** As whose sources it is read. */
  readonly revision: number;
  /** Where its slices are read into: `operations__backfill_1b2c3d4e`. */
  readonly schema: SqlName;
  readonly atOnce: number;
  readonly phase: BackfillPhase;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly reason: string | null;
  readonly endedAt: Date | null;
  readonly error: RunError | null;
  /** The run that merges what was read, once all is. */
  readonly runId: RunId | null;
  readonly slices: { readonly all: number; readonly begun: number; readonly read: number; readonly rows: number };
}

/** A part of a backfill that is read at once. */
export interface Slice {
  readonly id: SliceId;
  readonly backfillId: BackfillId;
  readonly nth: number;
  readonly begins: string;
  readonly ends: string;
  readonly attempts: number;
  /** The version that readers saw when it began to be read; 0 before the first. */
  readonly baseVersion: number;
  readonly readAt: Date | null;
  /** Counts, as the land stage has them. */
  readonly detail: Readonly<Record<string, number | string>>;
}

/** More, and what is meant is a step of another length: a source is connected to for each. */
export const MOST_SLICES = 5_000;

const SLICE = `id, backfill_id as "backfillId", nth, begins, ends, attempts, coalesce(base_version, 0) as "baseVersion",
  read_at as "readAt", detail`;

/** A backfill with its newest run, if any: how the run stands says how the backfill does. */
const BACKFILL = `b.id, b.product_id as "productId", b.revision, b.schema_name as schema, b.unit, b.begins, b.ends, b.step, b.at_once as "atOnce",
  b.requested_by as "requestedBy", b.requested_at as "requestedAt", b.reason, r.id as "runId",
  coalesce(b.error, r.error) as error, coalesce(b.stopped_at, r.ended_at) as "endedAt",
  case when b.stopped_at is not null then b.stopped_as
       when r.id is null then 'reading'
       when r.phase = 'succeeded' then 'done'
       when r.phase in ('failed', 'cancelled') then r.phase
       else 'merging' end as phase,
  (select jsonb_build_object('all', count(*), 'begun', count(started_at), 'read', count(read_at),
                             'rows', coalesce(sum((detail ->> 'rowsLanded')::bigint), 0))
     from weft.backfill_slices where backfill_id = b.id) as slices`;

const WITH_RUN = `weft.backfills b
  left join lateral (select id, phase, error, ended_at from weft.runs
                      where backfill_id = b.id order by requested_at desc, id desc limit 1) r on true`;

/**
 * Asks for a backfill and cuts it into slices. Refuses with PRODUCT_BUSY where one of the product is under way, and with BAD_INPUT
 * where its slices would be too many.
 */
export async function requestBackfill(
  trx: Transaction,
  ask: {
    id: BackfillId;
    productId: ProductId;
    revision: number;
    range: BackfillRange;
    atOnce: number;
    requestedBy: string;
    reason: string | null;
  },
): Promise<void> {
  const { id, productId, range } = ask;
  await trx.query('select from weft.products where id = $1 for update', [productId]);
  const [last] = await backfillsOf(trx, productId, 1);
  if (last !== undefined && ['reading', 'merging'].includes(last.phase))
    throw new Refusal(
      'PRODUCT_BUSY',
      `Backfill ${last.id} of ${productId} is under way: wait for its end, or cancel it.`,
    );
  await trx.query(
    `insert into weft.backfills (id, product_id, revision, begins, ends, step, unit, at_once, requested_by, reason, schema_name)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      id,
      productId,
      ask.revision,
      range.begins,
      range.ends,
      range.step,
      range.unit,
      ask.atOnce,
      ask.requestedBy,
      ask.reason,
      ownName(domainSchema(domainOf(productId)), `backfill_${id.slice(0, 8)}`),
    ],
  );
  const cut = await trx.query(
    `insert into weft.backfill_slices (backfill_id, nth, begins, ends)
     select $1, nth, begins, ends from (${SLICES[range.unit]} limit ${MOST_SLICES + 1}) cut`,
    [id, range.begins, range.ends, range.step],
  );
  if ((cut.rowCount ?? 0) > MOST_SLICES)
    throw new Refusal(
      'BAD_INPUT',
      `Cut by ${range.step} these are more than ${MOST_SLICES} slices: take a longer step.`,
    );
  await emit(trx, { type: 'backfill.requested', subject: productId, payload: { backfillId: id } });
}

/** Cuts $2 to $3 by $4, in UTC. */
const SLICES = {
  time: `select row_number() over (order by at) as nth, ${isoSql('at')} as begins, ${isoSql('least(at + $4::interval, $3::timestamp)')} as ends
           from generate_series($2::timestamp, $3::timestamp - interval '1 microsecond', $4::interval) at order by at`,
  number: `select row_number() over (order by at) as nth, at::text as begins, least(at + $4::numeric, $3::numeric)::text as ends
             from generate_series($2::numeric, $3::numeric, $4::numeric) at where at < $3::numeric order by at`,
} as const;

function isoSql(moment: string): string {
  return `to_char(${moment}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** The backfill, or null. */
export async function backfill(db: Queryable, id: BackfillId): Promise<Backfill | null> {
  const { rows } = await db.query<Backfill>(`select ${BACKFILL} from ${WITH_RUN} where b.id = $1`, [id]);
  return rows[0] ?? null;
}

/** The backfill, or refuses with NOT_FOUND. */
export async function requireBackfill(db: Queryable, id: BackfillId): Promise<Backfill> {
  const found = await backfill(db, id);
  if (found === null) throw new Refusal('NOT_FOUND', `There is no backfill ${id}.`);
  return found;
}

/** A product's backfills, newest first. */
export async function backfillsOf(db: Queryable, product: ProductId, limit: number): Promise<Backfill[]> {
  const { rows } = await db.query<Backfill>(
    `select ${BACKFILL} from ${WITH_RUN} where b.product_id = $1 order by b.requested_at desc, b.id limit $2`,
    [product, limit],
  );
  return rows;
}

/** Those that read, of products that are not retired: each has a workflow. */
export async function readingBackfills(db: Queryable): Promise<Backfill[]> {
  const { rows } = await db.query<Backfill>(
    `select ${BACKFILL} from ${WITH_RUN} join weft.products p on p.id = b.product_id and p.retired_at is null
      where b.cleared_at is null and b.stopped_at is null and r.id is null`,
  );
  return rows;
}

/** Slices of a backfill in their order: all, or the first that are not read yet. */
export async function slicesOf(db: Queryable, id: BackfillId, which: { unread: number } | 'all'): Promise<Slice[]> {
  const { rows } = await db.query<Slice>(
    `select ${SLICE} from weft.backfill_slices where backfill_id = $1 and ($2::int is null or read_at is null) order by nth limit $2`,
    [id, which === 'all' ? null : which.unread],
  );
  return rows;
}

/** Keeps a backfill from being stopped or cleared away until the transaction ends; false where it was. */
export async function holdReading(trx: Transaction, id: BackfillId): Promise<boolean> {
  const { rows } = await trx.query('select from weft.backfills where id = $1 and stopped_at is null for update', [id]);
  return rows.length === 1;
}

/** A slice begins to be read, once more after a crash; null where it was read, or its backfill goes on no more. */
export async function beginSlice(db: Queryable, id: SliceId): Promise<Slice | null> {
  const { rows } = await db.query<Slice>(
    `update weft.backfill_slices s
        set attempts = attempts + 1, started_at = now(),
            base_version = (select coalesce(p.live_version, 0) from weft.backfills b join weft.products p on p.id = b.product_id
                             where b.id = s.backfill_id)
      where id = $1 and read_at is null
        and exists (select from weft.backfills b where b.id = s.backfill_id and b.stopped_at is null)
     returning ${SLICE}`,
    [id],
  );
  return rows[0] ?? null;
}

/** True where a slice is read. */
export async function isRead(db: Queryable, id: SliceId): Promise<boolean> {
  const { rows } = await db.query('select from weft.backfill_slices where id = $1 and read_at is not null', [id]);
  return rows.length === 1;
}

/** A slice was read by that attempt: false, and nothing changed, where another took over or the backfill was stopped. In the transaction of its rows. */
export async function endSlice(
  trx: Transaction,
  { id, attempts }: Pick<Slice, 'id' | 'attempts'>,
  detail: Slice['detail'],
): Promise<boolean> {
  const ended = await trx.query(
    `update weft.backfill_slices s set read_at = clock_timestamp(), detail = $3
      where id = $1 and attempts = $2
        and exists (select from weft.backfills b where b.id = s.backfill_id and b.stopped_at is null)`,
    [id, attempts, detail],
  );
  return ended.rowCount === 1;
}

/** Asks for the run that merges the slices; false where another run of the product is under way. */
export async function requestMerge(trx: Transaction, id: BackfillId, newRunId: () => RunId): Promise<boolean> {
  const found = await requireBackfill(trx, id);
  if (found.phase !== 'reading') return true;
  const made = await requestRun(trx, {
    runId: newRunId(),
    productId: found.productId,
    trigger: 'backfill',
    requestedBy: found.requestedBy,
    backfillId: id,
  });
  return !made.joined;
}

/** A backfill ends before its slices are all read; false where it had ended or is merging. Its workflow is called off. */
export async function stopBackfill(
  trx: Transaction,
  id: BackfillId,
  as: { readonly kind: 'cancelled' } | { readonly kind: 'failed'; readonly error: RunError },
): Promise<boolean> {
  const { rows } = await trx.query<{ productId: ProductId }>(
    `update weft.backfills b set stopped_at = now(), stopped_as = $2, error = $3
      where id = $1 and stopped_at is null and not exists (select from weft.runs where backfill_id = b.id)
     returning product_id as "productId"`,
    [id, as.kind, as.kind === 'failed' ? JSON.stringify(as.error) : null],
  );
  const [stopped] = rows;
  if (stopped === undefined) return false;
  if (as.kind === 'cancelled')
    await emit(trx, { type: 'backfill.cancelled', subject: stopped.productId, payload: { backfillId: id } });
  return true;
}

/** A backfill that failed goes on with the slices that were not read; false where it did not fail while reading, or what it read is gone. */
export async function resumeBackfill(trx: Transaction, id: BackfillId): Promise<boolean> {
  const { rows } = await trx.query<{ productId: ProductId }>(
    `update weft.backfills set stopped_at = null, stopped_as = null, error = null
      where id = $1 and stopped_as = 'failed' and cleared_at is null returning product_id as "productId"`,
    [id],
  );
  const [resumed] = rows;
  if (resumed === undefined) return false;
  await emit(trx, { type: 'backfill.requested', subject: resumed.productId, payload: { backfillId: id } });
  return true;
}

/** How long what a failed backfill read is kept, so that it can go on: over a weekend. */
const KEPT_HOURS = 72;

/** Takes one backfill that is over and of which something is left: it is to be dropped in this transaction. Null where there is none. */
export async function takeFinishedBackfill(trx: Transaction): Promise<Pick<Backfill, 'id' | 'schema'> | null> {
  const { rows } = await trx.query<Pick<Backfill, 'id' | 'schema'>>(
    `with finished as (
       select b.id from ${WITH_RUN}
        where b.cleared_at is null
          and (b.stopped_as = 'cancelled' or r.phase in ('succeeded', 'cancelled')
               or coalesce(b.stopped_at, case when r.phase = 'failed' then r.ended_at end) < now() - make_interval(hours => $1))
        limit 1 for update of b skip locked)
     update weft.backfills b set cleared_at = now() from finished where b.id = finished.id
     returning b.id, b.schema_name as schema`,
    [KEPT_HOURS],
  );
  return rows[0] ?? null;
}
