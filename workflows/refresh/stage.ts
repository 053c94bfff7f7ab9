import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { HostRules } from '../../schema/allowed-hosts.ts';
import { Refusal } from '../../schema/errors.ts';
import type { DomainId, RunId, SliceId } from '../../schema/ids.ts';
import { KEEP_ALIVE, type Pool, type Queryable } from '../../schema/ledger/connect.ts';
import { beginStage, endStage, isCurrent, type RunRow, stagesOf, tellAttempt } from '../../schema/ledger/runs.ts';
import type { OpenSubgraph } from '../../schema/reading.ts';
import type { Stage } from '../../schema/run.ts';
import type { Secrets } from '../../schema/secrets.ts';
import type { DuckdbLimits } from '../engines/duckdb.ts';
import type { Spark } from '../engines/spark/remote.ts';
import type { CrashPoint } from '../crash.ts';
import type { RunRef } from '../names.ts';
import { isOutage } from '../outage.ts';
import type { ConnectorHost } from '../sources/connectors/connector-host.ts';
import type { FileRoot } from '../sources/file-path.ts';
import type { StageDetail } from './activities.ts';
import type { RunObserver, StageEnded, StageOutcome } from './observer.ts';
import { refreshPlan, type RefreshPlan } from './plan.ts';

/** What all stages work with. */
export interface RefreshDeps {
  readonly pool: Pool;
  readonly databaseUrl: string;
  /** Folders that file sources may lie in, besides the product's own. */
  readonly roots: readonly FileRoot[];
  /** Where sources on the network may be. */
  readonly hosts: HostRules;
  /** Folders that products may be delivered to. */
  readonly deliveryRoots: readonly string[];
  readonly secrets: Secrets;
  /** Which connectors from PyPI this worker runs, and how. */
  readonly connectors: ConnectorHost;
  /** A folder for FIFOs and what DuckDB spills. */
  readonly scratch: string;
  /** What a transformation in DuckDB may take of this machine. */
  readonly duckdb: DuckdbLimits;
  /** The Spark of a domain; null where it has none. */
  readonly spark: (domain: DomainId) => Spark | null;
  /** `host:port` of the database as Spark reaches it, where that is another than ours. */
  readonly sparkDatabase: string | null;
  /** Makes products executable, for what consumers expect of data that is about to go live. */
  readonly openSubgraph: OpenSubgraph;
  /** Hears of what stages and runs come to. */
  readonly observer: RunObserver;
  /** The `traceparent` of a run that nobody's trace asked for; null where none are made here. */
  readonly ownTrace: (run: RunId) => string | null;
  /** Tests end or stop the process here; else it does nothing. */
  readonly crash: (point: CrashPoint) => void;
  readonly newRunId: () => RunId;
}

/** One attempt at a stage. */
export interface StageWork {
  readonly plan: RefreshPlan;
  /** The attempt's own connection: whoever comes after ends it, and with it whatever this attempt still does. */
  readonly client: pg.Client;
  readonly signal: AbortSignal;
  /** Opens another connection of the attempt's own, for the time of the story. */
  readonly connect: <Result>(
    options: { url: string; settings?: string },
    story: (client: pg.Client) => Promise<Result>,
  ) => Promise<Result>;
  /** Ends the stage, in the transaction of what it did: either both are so or neither. */
  readonly end: (trx: Queryable, detail: StageDetail) => Promise<StageDetail>;
}

/** Attempts of which nobody heard again, after which a stage is given up: each may have killed its worker. */
const LOST_ALLOWED = 8;

/** How often an attempt that an outage ended tries to say so: as long as it cannot, another could do no better. */
const TELL_EVERY_MS = 1_000;

/** A fault in a stage; `times` is how many the stage has had, this one among them: outages are none. */
export class StageFault extends Error {
  readonly times: number;

  constructor(times: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.times = times;
  }
}

/**
 * Performs a stage once: where it is done, answers what it counted; where the run has confirmed the live version, does nothing; else
 * fences off the former attempt and begins anew.
 * Refuses with RUN_SUPERSEDED where the run is over, and with STAGE_GIVEN_UP where attempts were lost too often.
 */
export async function performStage(
  deps: RefreshDeps,
  ask: { run: RunRef; stage: Stage; signal: AbortSignal },
  work: (deps: RefreshDeps, work: StageWork) => Promise<StageDetail>,
): Promise<StageDetail> {
  const { run, stage, signal } = ask;
  const stages = await stagesOf(deps.pool, run.runId);
  const before = stages.find((row) => row.stage === stage);
  if (before?.state === 'done') return before.detail;
  const [confirmed] = stages.flatMap(({ detail }) => detail['confirmed'] ?? []);
  if (confirmed !== undefined && stage !== 'announce') return { unchanged: `since version ${confirmed}` };
  // What a server still holds open for a client that is gone has the stage's row locked, and would be waited for.
  await fence(deps.pool, run.runId);
  const { attempt, lost } = await beginStage(deps.pool, run.runId, stage);
  // What is published is to be announced, however long that takes.
  if (lost > LOST_ALLOWED && stage !== 'announce')
    throw new Refusal(
      'STAGE_GIVEN_UP',
      `Stage ${stage} of run ${run.runId} began ${lost} times and was not heard of again: it is given up. See the log of the worker for how it ended.`,
    );
  // Of those that connected since.
  await fence(deps.pool, run.runId);
  const overtaken = (): Refusal =>
    new Refusal('RUN_SUPERSEDED', `Another attempt at stage ${stage} of run ${run.runId} took over.`);
  const end = async (trx: Queryable, detail: StageDetail): Promise<StageDetail> => {
    if (!(await endStage(trx, run.runId, stage, attempt, detail))) throw overtaken();
    deps.crash(`${stage}:ending`);
    return detail;
  };
  const connect: StageWork['connect'] = ({ url, settings }, story) =>
    withConnection(
      deps,
      {
        url,
        runId: run.runId,
        attempt: `${stage} ${attempt}`,
        signal,
        ...(settings === undefined ? {} : { settings }),
      },
      async (client) => {
        // Whoever overtakes ends the connections that there are then: one that came later must look.
        if (!(await isCurrent(deps.pool, run.runId, stage, attempt))) throw overtaken();
        return story(client);
      },
    );
  const startedAt = new Date();
  let known: RunRow | null = null;
  const ended = (how: Pick<StageEnded, 'outcome' | 'detail' | 'code'>): void =>
    deps.observer.stageEnded({ ref: run, run: known, stage, attempt, startedAt, ...how });
  try {
    const plan = await refreshPlan(deps.pool, run.runId);
    known = plan.run;
    const detail = await connect({ url: deps.databaseUrl }, (client) =>
      work(deps, { plan, client, signal, connect, end }),
    );
    ended({ outcome: 'done', detail, code: null });
    if (stage === 'announce') deps.observer.runEnded({ run: plan.run, outcome: 'succeeded', code: null });
    deps.crash(`${stage}:ended`);
    return detail;
  } catch (error) {
    const outcome = outcomeOf(error, signal);
    ended({ outcome, detail: null, code: error instanceof Refusal ? error.code : CODES[outcome] });
    const isFault = outcome === 'failed';
    const faults = await tell(deps, { ...ask, attempt }, isFault);
    throw isFault && faults !== null ? new StageFault(faults, error) : error;
  }
}

/** Of what is no refusal; who is stopped did not fail. */
const CODES: Readonly<Record<StageOutcome, string | null>> = {
  done: null,
  refused: null,
  failed: 'INTERNAL',
  outage: 'DATABASE_UNREACHABLE',
  stopped: null,
};

function outcomeOf(error: unknown, signal: AbortSignal): StageOutcome {
  if (error instanceof Refusal) return 'refused';
  if (signal.aborted) return 'stopped';
  return isOutage(error) ? 'outage' : 'failed';
}

/** Says how an attempt ended, as soon as the ledger can be reached; null where it was called off before. */
async function tell(
  deps: RefreshDeps,
  { run, stage, attempt, signal }: { run: RunRef; stage: Stage; attempt: number; signal: AbortSignal },
  isFault: boolean,
): Promise<number | null> {
  for (;;)
    try {
      // Of a connection that broke here the server may not know, and keep what it had locked.
      await fence(deps.pool, run.runId, `${stage} ${attempt}`);
      return await tellAttempt(deps.pool, run.runId, stage, isFault);
    } catch {
      if (signal.aborted) return null;
      await sleep(TELL_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
}

/** Ends every connection that works for the run, or the slice, or for one attempt at a stage of it, and waits until they are gone. */
export async function fence(db: Queryable, id: RunId | SliceId, attempt = '%'): Promise<void> {
  await db.query(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name like $1 and datname = current_database()`,
    [applicationName(id, attempt)],
  );
}

/** Opens a connection that `fence` can end, for the time of `work`; ended at once when `signal` fires. */
export async function withConnection<Result>(
  deps: Pick<RefreshDeps, 'pool'>,
  options: { url: string; runId: RunId | SliceId; attempt: string; signal: AbortSignal; settings?: string },
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({
    connectionString: options.url,
    application_name: applicationName(options.runId, options.attempt),
    connectionTimeoutMillis: 5_000,
    ...KEEP_ALIVE,
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

/** What a run's connections are called, by which they are found. At most 63 letters. */
export function applicationName(id: RunId | SliceId, attempt: string): string {
  return `weft run ${id} ${attempt}`;
}
