import type { Finding } from '../findings.ts';
import { Refusal } from '../errors.ts';
import type { BackfillId, ProductId, RunId } from '../ids.ts';
import {
  phasesBefore,
  PRIORITIES,
  type RunEvent,
  type RunOutcome,
  type RunPhase,
  type RunPriority,
  type RunTrigger,
  RUN_TABLE,
  type Stage,
} from '../run.ts';
import { WEFT_VERSION } from '../weft-version.ts';
import type { Queryable, Transaction } from './connect.ts';
import { emit } from './events.ts';
import { tellLineage } from './lineage-receivers.ts';

export interface RunError {
  readonly code: string;
  readonly message: string;
  readonly findings: readonly Finding[];
}

export interface RunRow {
  readonly id: RunId;
  readonly productId: ProductId;
  readonly revision: number;
  readonly trigger: RunTrigger;
  readonly phase: RunPhase;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  /** Versions of the products that it reads, pinned at its start. */
  readonly inputVersions: Readonly<Record<string, number>>;
  /** What it made, or confirmed. */
  readonly datasetVersion: number | null;
  /** Null where it has not succeeded. */
  readonly outcome: RunOutcome | null;
  /** Reads all of its sources, whatever was kept. */
  readonly fullLoad: boolean;
  readonly error: RunError | null;
  readonly priority: RunPriority;
  /** When its schedule meant it to be; null where none asked for it. */
  readonly scheduledFor: Date | null;
  /** The failed run that it takes up again. */
  readonly retryOf: RunId | null;
  /** The run that its schema and tables are named for: itself, but for a retry that goes on with what another made. */
  readonly workspace: RunId;
  /** Until when what a failed run made is kept for a retry; null where there is nothing. */
  readonly keptUntil: Date | null;
  /** The backfill whose slices it merges. */
  readonly backfillId: BackfillId | null;
  /** See schema/telemetry/run-trace.ts. */
  readonly traceparent: string | null;
}

/** What a run is asked for with. */
export interface RunAsk {
  readonly runId: RunId;
  readonly productId: ProductId;
  readonly trigger: RunTrigger;
  readonly requestedBy: string;
  /** Where another than the trigger's. */
  readonly priority?: RunPriority;
  readonly scheduledFor?: Date;
  /** Versions of the products it reads that it is asked for because of: a later request for the same ones is none. */
  readonly inputVersions?: Readonly<Record<string, number>>;
  /** All of its sources are read again, whatever was kept. */
  readonly fullLoad?: boolean;
  /** The backfill whose slices it merges. */
  readonly backfillId?: BackfillId;
  /** Of the span that asks for it; null where nobody traces that. */
  readonly traceparent?: string | null;
}

export interface StageRow {
  readonly stage: Stage;
  readonly state: 'running' | 'done' | 'failed';
  readonly attempt: number;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  /** Counts: rowsRead, rowsLanded, rowsRejected, … */
  readonly detail: Readonly<Record<string, number | string>>;
}

const RUN = `id, product_id as "productId", revision, trigger, phase, requested_by as "requestedBy",
  requested_at as "requestedAt", started_at as "startedAt", ended_at as "endedAt",
  input_versions as "inputVersions", dataset_version as "datasetVersion", outcome, full_load as "fullLoad", error, priority,
  scheduled_for as "scheduledFor", retry_of as "retryOf", coalesce(workspace, id) as workspace, kept_until as "keptUntil",
  backfill_id as "backfillId", traceparent`;

const STAGE = 'stage, state, attempt, started_at as "startedAt", ended_at as "endedAt", detail';

/**
 * Asks for a refresh of the product's pending revision, else of its live one. Where a run is under way already, that
 * one is the answer (`joined`). The worker's relay hears of a new one by the outbox.
 */
export async function requestRun(trx: Transaction, ask: RunAsk): Promise<{ runId: RunId; joined: boolean }> {
  const made = await trx.query(
    `insert into weft.runs (id, product_id, revision, trigger, phase, requested_by, priority, scheduled_for, input_versions, full_load, backfill_id, traceparent)
     select $1, r.product_id, r.revision, $3, 'queued', $4, $5, $6, $7, $8, $9, $10
       from weft.product_revisions r
       join weft.products p on p.id = r.product_id and p.kind = 'managed'
      where r.product_id = $2 and r.state in ('pending', 'live')
      order by r.revision desc limit 1
      -- Waits for one that is being renamed, and then finds it no more.
        for key share of p
     on conflict (product_id) where phase in ('queued', 'running') do nothing`,
    [
      ask.runId,
      ask.productId,
      ask.trigger,
      ask.requestedBy,
      ask.priority ?? PRIORITIES[ask.trigger],
      ask.scheduledFor ?? null,
      ask.inputVersions ?? {},
      ask.fullLoad ?? false,
      ask.backfillId ?? null,
      ask.traceparent ?? null,
    ],
  );
  if (made.rowCount === 1) {
    await emit(trx, { type: 'refresh.requested', subject: ask.productId, payload: { runId: ask.runId } });
    return { runId: ask.runId, joined: false };
  }
  const { rows } = await trx.query<{ id: RunId }>(
    `select id from weft.runs where product_id = $1 and phase in ('queued', 'running')`,
    [ask.productId],
  );
  const running = rows[0];
  if (running === undefined)
    throw new Refusal(
      'NOT_REFRESHABLE',
      `${ask.productId} is no managed product that is live: there is nothing to refresh.`,
    );
  return { runId: running.id, joined: true };
}

/** The run, or null. */
export async function run(db: Queryable, id: RunId): Promise<RunRow | null> {
  const { rows } = await db.query<RunRow>(`select ${RUN} from weft.runs where id = $1`, [id]);
  return rows[0] ?? null;
}

/** Those of the runs that there are, in any order. */
export async function runsById(db: Queryable, ids: readonly RunId[]): Promise<RunRow[]> {
  const { rows } = await db.query<RunRow>(`select ${RUN} from weft.runs where id = any($1)`, [ids]);
  return rows;
}

/** The run, or refuses with NOT_FOUND. */
export async function requireRun(db: Queryable, id: RunId): Promise<RunRow> {
  const found = await run(db, id);
  if (found === null) throw new Refusal('NOT_FOUND', `There is no run ${id}.`);
  return found;
}

/** Runs, newest first; `before` is the id of the last run of the page before. */
export async function runHistory(
  db: Queryable,
  filter: { productId?: ProductId | null; phase?: RunPhase | null; limit: number; before?: RunId | null },
): Promise<RunRow[]> {
  const { rows } = await db.query<RunRow>(
    `select ${RUN} from weft.runs
      where ($1::text is null or product_id = $1)
        and ($2::text is null or phase = $2)
        and ($3::uuid is null or (requested_at, id) < (select requested_at, id from weft.runs where id = $3))
      order by requested_at desc, id desc
      limit $4`,
    [filter.productId ?? null, filter.phase ?? null, filter.before ?? null, filter.limit],
  );
  return rows;
}

/** Runs that are asked for or under way, oldest first. */
export async function openRuns(db: Queryable): Promise<RunRow[]> {
  const { rows } = await db.query<RunRow>(
    `select ${RUN} from weft.runs where phase in ('queued', 'running') order by requested_at`,
  );
  return rows;
}

/** How many seconds four of five of the product's last runs took at most, from being asked for to published; null before the first. */
export async function usualSeconds(db: Queryable, id: ProductId): Promise<number | null> {
  const { rows } = await db.query<{ seconds: number | null }>(
    `select percentile_cont(0.8) within group (order by extract(epoch from ended_at - requested_at)) as seconds
       from (select requested_at, ended_at from weft.runs
              where product_id = $1 and outcome = 'published' order by requested_at desc limit 20) last`,
    [id],
  );
  return rows[0]?.seconds ?? null;
}

/** A queued run takes the newest revision that is pending or live: it may have come after the run was asked for. What another made is of that one's. */
export async function takeNewestRevision(trx: Transaction, id: RunId): Promise<void> {
  await trx.query(
    `update weft.runs r
        set revision = coalesce((select max(p.revision) from weft.product_revisions p
                                  where p.product_id = r.product_id and p.state in ('pending', 'live')), r.revision)
      where r.id = $1 and r.phase = 'queued' and r.workspace is null`,
    [id],
  );
}

/**
 * After a run has ended: asks for another where there is a newer revision (it waits for data, mends what failed, or checks it by other
 * rules). Null where there is none; asking twice changes nothing.
 */
export async function requestDueRun(
  trx: Transaction,
  ask: { runId: RunId; ended: RunId },
): Promise<{ runId: RunId; joined: boolean } | null> {
  const { rows } = await trx.query<{ productId: ProductId }>(
    `select r.product_id as "productId"
       from weft.runs r
       join weft.products p on p.id = r.product_id and p.retired_at is null
      where r.id = $1
        and exists (select from weft.product_revisions n
                     where n.product_id = r.product_id and n.revision > r.revision and n.state in ('pending', 'live'))
        and not exists (select from weft.runs later where later.product_id = r.product_id and later.requested_at > r.requested_at)`,
    [ask.ended],
  );
  const due = rows[0];
  if (due === undefined) return null;
  return requestRun(trx, { runId: ask.runId, productId: due.productId, trigger: 'publish', requestedBy: 'weft' });
}

/** The newest runs of each product, newest first. */
export async function newestRuns(db: Queryable, ids: readonly ProductId[], limit: number): Promise<RunRow[]> {
  const { rows } = await db.query<RunRow>(
    `select r.* from unnest($1::text[]) as wanted (id)
      cross join lateral (select ${RUN} from weft.runs where product_id = wanted.id
                           order by requested_at desc, id desc limit $2) r`,
    [ids, limit],
  );
  return rows;
}

/** The stages of several runs, in the order in which they began. */
export async function stagesOfRuns(db: Queryable, ids: readonly RunId[]): Promise<(StageRow & { runId: RunId })[]> {
  const { rows } = await db.query<StageRow & { runId: RunId }>(
    `select run_id as "runId", ${STAGE} from weft.stages where run_id = any($1) order by started_at`,
    [ids],
  );
  return rows;
}

/** A run that nobody's trace asked for has this one; one that has a trace keeps it. */
export async function beginTrace(trx: Transaction, id: RunId, traceparent: string): Promise<void> {
  await trx.query('update weft.runs set traceparent = $2 where id = $1 and traceparent is null', [id, traceparent]);
}

/** The run starts, or goes on after a crash; pins the versions of its inputs. Refuses where it is over. */
export async function startRun(
  trx: Transaction,
  id: RunId,
  inputVersions: Readonly<Record<string, number>>,
): Promise<void> {
  const began = `started_at = coalesce(started_at, now()), input_versions = $4, weft_version = coalesce(weft_version, $5)`;
  await move(trx, id, 'start', began, [inputVersions, WEFT_VERSION]);
  await tellLineage(trx, id, { type: 'START' });
}

/** The run ends well, with the dataset version that it published or confirmed. Refuses where it is over. */
export async function succeedRun(
  trx: Transaction,
  id: RunId,
  datasetVersion: number,
  outcome: RunOutcome = 'published',
): Promise<void> {
  // What it did may have begun long ago.
  const ended = 'ended_at = clock_timestamp(), dataset_version = $4, outcome = $5';
  await move(trx, id, 'succeed', ended, [datasetVersion, outcome]);
  await tellLineage(trx, id, { type: 'COMPLETE' });
}

/** The run ends badly; false where it was over already, which is no error: an answer may have been lost. */
export async function failRun(trx: Transaction, id: RunId, error: RunError): Promise<boolean> {
  const failed = await tryMove(trx, id, 'fail', 'ended_at = now(), error = $4', [JSON.stringify(error)]);
  if (failed === null) return false;
  await trx.query(`update weft.stages set state = 'failed', ended_at = now() where run_id = $1 and state = 'running'`, [
    id,
  ]);
  // One that never began has a beginning too, as OpenLineage asks.
  await tellLineage(trx, id, { type: 'START' });
  await tellLineage(trx, id, { type: 'FAIL' });
  await emit(trx, { type: 'refresh.failed', subject: failed, payload: { runId: id, code: error.code } });
  return true;
}

/** The run is called off; false where it was over already. */
export async function cancelRun(trx: Transaction, id: RunId): Promise<boolean> {
  const cancelled = await tryMove(trx, id, 'cancel', 'ended_at = now()', []);
  if (cancelled === null) return false;
  await tellLineage(trx, id, { type: 'START' });
  await tellLineage(trx, id, { type: 'ABORT' });
  await emit(trx, { type: 'refresh.cancelled', subject: cancelled, payload: { runId: id } });
  return true;
}

/** One attempt at a stage. */
export interface Attempt {
  /** From 1. */
  readonly attempt: number;
  /** Attempts before that began and never said how they ended: each may have killed its worker. */
  readonly lost: number;
}

/** A stage begins, once more after a crash or fault. Refuses where the run is over. */
export async function beginStage(db: Queryable, id: RunId, stage: Stage): Promise<Attempt> {
  const { rows } = await db.query<Attempt>(
    `insert into weft.stages (run_id, stage, state, attempt)
     select id, $2, 'running', 1 from weft.runs
      where id = $1 and (phase = 'running' or ($2 = 'announce' and phase = 'succeeded'))
     on conflict (run_id, stage) do update
        set state = 'running', attempt = stages.attempt + 1, started_at = now(), ended_at = null
     returning attempt, attempt - 1 - told as lost`,
    [id, stage],
  );
  const begun = rows[0];
  if (begun === undefined) throw new Refusal('RUN_SUPERSEDED', `Run ${id} is over: its ${stage} stage does not begin.`);
  return begun;
}

/** True where the attempt is the newest at its stage, and the run is not over. */
export async function isCurrent(db: Queryable, id: RunId, stage: Stage, attempt: number): Promise<boolean> {
  const { rows } = await db.query(
    `select from weft.stages s join weft.runs r on r.id = s.run_id
      where s.run_id = $1 and s.stage = $2 and s.attempt = $3 and s.state = 'running'
        and (r.phase = 'running' or ($2 = 'announce' and r.phase = 'succeeded'))`,
    [id, stage, attempt],
  );
  return rows.length === 1;
}

/** An attempt says that it ended without success, and whether by a fault; how many faults the stage has had. */
export async function tellAttempt(db: Queryable, id: RunId, stage: Stage, isFault: boolean): Promise<number> {
  const { rows } = await db.query<{ faults: number }>(
    `update weft.stages set told = told + 1, faults = faults + $3::boolean::int
      where run_id = $1 and stage = $2 returning faults`,
    [id, stage, isFault],
  );
  return rows[0]?.faults ?? 0;
}

/** A stage ends now (its transaction may have begun long ago), with what it counted. False, and nothing changed, where its attempt was overtaken. */
export async function endStage(
  db: Queryable,
  id: RunId,
  stage: Stage,
  attempt: number,
  detail: Readonly<Record<string, number | string>>,
): Promise<boolean> {
  const { rows } = await db.query<{ isOver: boolean }>(
    `update weft.stages s set state = 'done', ended_at = clock_timestamp(), detail = $4
       from weft.runs r
      where r.id = s.run_id and run_id = $1 and stage = $2 and attempt = $3
     returning r.phase <> 'running' as "isOver"`,
    [id, stage, attempt, detail],
  );
  const [ended] = rows;
  if (ended === undefined) return false;
  // Who published or confirmed has told that the run is complete, and that is its end.
  if (!ended.isOver) await tellLineage(db, id, { type: 'RUNNING', stage });
  return true;
}

/** The stages of a run, in the order in which they began. */
export function stagesOf(db: Queryable, id: RunId): Promise<StageRow[]> {
  return stagesOfRuns(db, [id]);
}

async function move(
  trx: Transaction,
  id: RunId,
  event: RunEvent,
  set: string,
  values: readonly unknown[],
): Promise<void> {
  if ((await tryMove(trx, id, event, set, values)) !== null) return;
  const now = await requireRun(trx, id);
  throw new Refusal('RUN_SUPERSEDED', `Run ${id} is ${now.phase}: it cannot ${event}.`);
}

/** The guarded transition; the product's id, or null where `RUN_TABLE` does not allow it from where the run stands. */
async function tryMove(
  trx: Transaction,
  id: RunId,
  event: RunEvent,
  set: string,
  values: readonly unknown[],
): Promise<ProductId | null> {
  const from = phasesBefore(event);
  const to = RUN_TABLE[from[0]!][event];
  const { rows } = await trx.query<{ productId: ProductId }>(
    `update weft.runs set phase = $2, ${set} where id = $1 and phase = any($3) returning product_id as "productId"`,
    [id, to, from, ...values],
  );
  return rows[0]?.productId ?? null;
}
