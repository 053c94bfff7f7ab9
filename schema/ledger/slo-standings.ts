import type { Objective, ObjectiveProperty } from '../contract/model.ts';
import type { Measured } from '../error-budget.ts';
import type { ProductId } from '../ids.ts';
import type { Queryable } from './connect.ts';
import { READ_BOUNDS_MS } from './product-reads.ts';

/** A promise as the ledger knows it. */
export interface SloRow {
  readonly productId: ProductId;
  readonly property: ObjectiveProperty;
  readonly measuredSince: Date;
  /** Late from then on unless new data comes; null where no time tells. */
  readonly dueAt: Date | null;
  /** Since when it is not kept; null where it is, or no time tells. */
  readonly missedSince: Date | null;
  /** When the last breach ended. */
  readonly metSince: Date | null;
}

/** A time in which a promise was not kept. */
export interface Breach {
  readonly productId: ProductId;
  readonly property: ObjectiveProperty;
  readonly from: Date;
  /** Null as long as it lasts. */
  readonly until: Date | null;
}

/** How several products stand by the promises that are measured of them. */
export async function sloRows(db: Queryable, ids: readonly ProductId[]): Promise<SloRow[]> {
  const { rows } = await db.query<SloRow>(
    `select s.product_id as "productId", s.property, s.measured_since as "measuredSince", s.due_at as "dueAt",
            min(b.began_at) filter (where b.ended_at is null) as "missedSince", max(b.ended_at) as "metSince"
       from weft.slos s
       left join weft.slo_breaches b using (product_id, property)
      where s.product_id = any($1)
      group by s.product_id, s.property`,
    [ids],
  );
  return rows;
}

/** The last breaches of a product's promise, newest first. */
export async function breaches(
  db: Queryable,
  { id, property, limit }: { id: ProductId; property: ObjectiveProperty; limit: number },
): Promise<Breach[]> {
  const { rows } = await db.query<Breach>(
    `select product_id as "productId", property, began_at as from, ended_at as until
       from weft.slo_breaches where product_id = $1 and property = $2 order by began_at desc limit $3`,
    [id, property, limit],
  );
  return rows;
}

/** What a product promises and does not keep now, with since when. */
export async function lateSince(
  db: Queryable,
  id: ProductId,
): Promise<{ readonly property: ObjectiveProperty; readonly promised: string; readonly from: Date }[]> {
  const { rows } = await db.query<{ property: ObjectiveProperty; promised: string; from: Date }>(
    `select s.property, s.promised, b.began_at as from
       from weft.slo_breaches b
       join weft.slos s using (product_id, property)
      where b.product_id = $1 and b.ended_at is null
      order by b.began_at`,
    [id],
  );
  return rows;
}

/** A stretch of a window, and what was measured in it. */
export interface MeasuredStep extends Measured {
  readonly productId: ProductId;
  readonly from: Date;
}

/**
 * What was measured of a promise of several products in the last hours, in steps of so many: the first one begins `hours` ago. Steps in
 * which nothing was measured are left out.
 */
export async function measuredSteps(
  db: Queryable,
  measure: Objective['measure'],
  ask: {
    readonly ids: readonly ProductId[];
    readonly property: ObjectiveProperty;
    readonly hours: number;
    readonly stepHours: number;
  },
): Promise<MeasuredStep[]> {
  const sql = STEPS[measure];
  const values = [ask.ids, ask.hours, ask.stepHours];
  const { rows } = await db.query<MeasuredStep>(
    `with steps as (
       select at as began, least(at + make_interval(hours => $3::int), now()) as ended
         from generate_series(now() - make_interval(hours => $2::int), now() - interval '1 second',
                              make_interval(hours => $3::int)) as at
     )
     ${sql}`,
    sql === TIME ? [...values, ask.property] : values,
  );
  return rows;
}

/** Seconds of each step since the measuring began, less those of breaches. */
const TIME = `
     select s.product_id as "productId", began as from, extract(epoch from span)::float8 as total,
            greatest(0, extract(epoch from span - missed))::float8 as good
       from weft.slos s
      cross join steps
      cross join lateral (select ended - greatest(began, s.measured_since) as span) as covered
      cross join lateral (
        select coalesce(sum(least(coalesce(b.ended_at, now()), ended) - greatest(b.began_at, began, s.measured_since)),
                        interval '0') as missed
          from weft.slo_breaches b
         where b.product_id = s.product_id and b.property = s.property
           and b.began_at < ended and coalesce(b.ended_at, now()) > greatest(began, s.measured_since)) as breached
      where s.product_id = any($1) and s.property = $4 and span > interval '0'
      order by began`;

function reads(good: string, total: string): string {
  return `
     select r.product_id as "productId", began as from, sum(${total})::float8 as total, sum(${good})::float8 as good
       from steps
       join weft.product_reads r
         -- An hour is of the step that it ends in.
         on least(r.hour + interval '1 hour', now()) > began and least(r.hour + interval '1 hour', now()) <= ended
      where r.product_id = any($1)
      group by r.product_id, began
     having sum(${total}) > 0
      order by began`;
}

/** Rules that passed, of all that were executed by audits. */
const CHECKS = `
     select r.product_id as "productId", began as from, count(*)::float8 as total,
            count(*) filter (where q.outcome = 'passed')::float8 as good
       from steps
       join weft.runs r on r.ended_at >= began and r.ended_at < ended
       join weft.quality_results q on q.run_id = r.id and q.outcome <> 'skipped'
      -- No run takes longer than a day.
      where r.product_id = any($1) and r.requested_at > now() - make_interval(hours => $2::int + 24)
      group by r.product_id, began
      order by began`;

const STEPS: Readonly<Record<Objective['measure'], string>> = {
  age: TIME,
  daily: TIME,
  kept: TIME,
  lag: TIME,
  answers: reads('r.answered', 'r.answered + r.failed'),
  latency: reads('r.answered - r.slow', 'r.answered'),
  checks: CHECKS,
};

/** How long reads of several products took in the last hours: within how many milliseconds that share of them, by their class's upper end. */
export async function readLatency(
  db: Queryable,
  { ids, hours, share }: { readonly ids: readonly ProductId[]; readonly hours: number; readonly share: number },
): Promise<Map<ProductId, number>> {
  const { rows } = await db.query<{ productId: ProductId; durations: string[] }>(
    `select product_id as "productId", array_agg(times order by at) as durations
       from (select product_id, at, sum(times) as times
               from weft.product_reads
              cross join unnest(durations) with ordinality as of_class (times, at)
              where product_id = any($1) and hour > now() - make_interval(hours => $2)
              group by product_id, at) classes
      group by product_id`,
    [ids, hours],
  );
  return new Map(rows.map(({ productId, durations }) => [productId, quantile(durations.map(Number), share)]));
}

function quantile(durations: readonly number[], share: number): number {
  const wanted = durations.reduce((sum, times) => sum + times, 0) * share;
  let seen = 0;
  const at = durations.findIndex((times) => (seen += times) >= wanted);
  return READ_BOUNDS_MS[at] ?? Number.POSITIVE_INFINITY;
}
