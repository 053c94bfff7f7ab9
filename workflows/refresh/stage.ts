import pg from 'pg';
import { Refusal } from '../../schema/errors.ts';
import type { RunId } from '../../schema/ids.ts';
import type { Pool, Queryable, Transaction } from '../../schema/ledger/connect.ts';
import { beginStage, endStage, stagesOf } from '../../schema/ledger/runs.ts';
import type { Stage } from '../../schema/run.ts';
import type { CrashPoint } from '../crash.ts';
import type { RunRef } from '../names.ts';
import type { FileRoot } from '../sources/file-path.ts';
import type { StageDetail } from './activities.ts';
import { refreshPlan, type RefreshPlan } from './plan.ts';

/** What all stages work with. */
export interface RefreshDeps {
  readonly pool: Pool;
  readonly databaseUrl: string;
  /** Folders that file sources may lie in, besides the product's own. */
  readonly roots: readonly FileRoot[];
  /** A folder for FIFOs and what DuckDB spills. */
  readonly scratch: string;
  /** Tests end the process here; else it does nothing. */
  readonly crash: (point: CrashPoint) => void;
  readonly newRunId: () => RunId;
}

/** One attempt at a stage. */
export interface StageWork {
  readonly plan: RefreshPlan;
  /** The attempt's own connection: whoever comes after ends it, and with it whatever this attempt still does. */
  readonly client: pg.Client;
  readonly signal: AbortSignal;
  /** Ends the stage, in the transaction of what it did: either both are so or neither. */
  readonly end: (trx: Queryable, detail: StageDetail) => Promise<StageDetail>;
}

/** Attempts that began and did not end, after which a stage is given up: each may have killed its worker. */
const ATTEMPTS_ALLOWED = 8;

/**
 * Performs a stage once: where it is done, answers what it counted; else fences off the former attempt and begins anew.
 * Refuses with RUN_SUPERSEDED where the run is over.
 */
export async function performStage(
  deps: RefreshDeps,
  ask: { run: RunRef; stage: Stage; signal: AbortSignal },
  work: (deps: RefreshDeps, work: StageWork) => Promise<StageDetail>,
): Promise<StageDetail> {
  const { run, stage } = ask;
  const before = (await stagesOf(deps.pool, run.runId)).find((row) => row.stage === stage);
  if (before?.state === 'done') return before.detail;
  const attempt = await beginStage(deps.pool, run.runId, stage);
  if (attempt > ATTEMPTS_ALLOWED)
    throw new Refusal(
      'RUN_SUPERSEDED',
      `Stage ${stage} of run ${run.runId} began ${attempt - 1} times and never ended: it is given up.`,
    );
  await fence(deps.pool, run.runId);
  const plan = await refreshPlan(deps.pool, run.runId);
  const end = async (trx: Queryable, detail: StageDetail): Promise<StageDetail> => {
    if (!(await endStage(trx, run.runId, stage, attempt, detail)))
      throw new Refusal('RUN_SUPERSEDED', `Another attempt at stage ${stage} of run ${run.runId} took over.`);
    return detail;
  };
  return withConnection(deps, { url: deps.databaseUrl, runId: run.runId, signal: ask.signal }, (client) =>
    work(deps, { plan, client, signal: ask.signal, end }),
  );
}

/** Ends every connection that works for the run, and waits until they are gone. */
export async function fence(db: Queryable, id: RunId): Promise<void> {
  await db.query(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = $1 and datname = current_database()`,
    [applicationName(id)],
  );
}

/** Opens a connection that `fence` can end, for the time of `work`; ended at once when `signal` fires. */
export async function withConnection<Result>(
  deps: Pick<RefreshDeps, 'pool'>,
  options: { url: string; runId: RunId; signal: AbortSignal; settings?: string },
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({
    connectionString: options.url,
    application_name: applicationName(options.runId),
    connectionTimeoutMillis: 5_000,
    ...(options.settings === undefined ? {} : { options: options.settings }),
  });
  // What a broken connection means is told by the query that it breaks.
  client.on('error', () => undefined);
  await client.connect();
  const stop = (): void => void fence(deps.pool, options.runId).catch(() => undefined);
  options.signal.addEventListener('abort', stop);
  try {
    options.signal.throwIfAborted();
    return await work(client);
  } finally {
    options.signal.removeEventListener('abort', stop);
    await client.end().catch(() => undefined);
  }
}

/** Runs `story` in one transaction of a connection of one's own. */
export async function inTransaction<Result>(
  client: pg.Client,
  story: (trx: Transaction) => Promise<Result>,
): Promise<Result> {
  await client.query('begin');
  try {
    const result = await story(client as unknown as Transaction);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

function applicationName(id: RunId): string {
  return `weft run ${id}`;
}
