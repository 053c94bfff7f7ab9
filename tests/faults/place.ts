import { randomUUID } from 'node:crypto';
import { readdir, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { ProductId, RunId } from '../../schema/ids.ts';
import { type Pool, transaction } from '../../schema/ledger/connect.ts';
import { liveDataset, relationOf } from '../../schema/ledger/datasets.ts';
import { productOf } from '../../schema/ledger/mesh.ts';
import { requireRevision } from '../../schema/ledger/products.ts';
import { requestRun, run as findRun, type RunRow, stagesOf } from '../../schema/ledger/runs.ts';
import type { CrashPoint } from '../../workflows/crash.ts';
import { workflowBundle } from '../../workflows/bundle.ts';
import { cloneDatabase } from '../testkit/database.ts';
import { temporaryHome } from '../testkit/temporary-home.ts';
import { removeHome } from '../testkit/servers.ts';
import { testTemporal, type TestTemporal } from '../testkit/temporal.ts';
import { refreshDeps, refreshHere } from '../workflows/refresh-here.ts';
import { startWorker, type WorkerProcess } from '../workflows/worker-process.ts';
import { summarySql, type TrialProduct } from './trial-product.ts';

/** Where runs are disturbed: a ledger, a namespace of Temporal, a home, and workers in processes of their own. */
export interface Place {
  readonly databaseUrl: string;
  readonly pool: Pool;
  readonly temporal: TestTemporal;
  readonly home: string;
  /** All that were started here and live. */
  readonly workers: Set<WorkerProcess>;
}

/** A place of a database and a namespace of its own, on the servers of the test run. */
export async function enterPlace(): Promise<{ place: Place; leave: () => Promise<void> }> {
  const [database, temporal, home] = await Promise.all([cloneDatabase(), testTemporal(), workerHome()]);
  const place: Place = { databaseUrl: database.url, pool: database.pool, temporal, home, workers: new Set() };
  const leave = async (): Promise<void> => {
    await stopWorkers(place);
    removeHome(home);
    await database.drop();
  };
  return { place, leave };
}

/** Tells a story in a place of its own. */
export async function inPlace(story: (place: Place) => Promise<void>): Promise<void> {
  const { place, leave } = await enterPlace();
  try {
    await story(place);
  } finally {
    await leave();
  }
}

/** Workflows are bundled once for all homes here. */
const BUNDLES = join(tmpdir(), `weft-test-bundles-${process.getuid?.() ?? 0}`);
let bundled: Promise<string> | null = null;

/** A new WEFT_HOME, with the workflows bundled. */
export async function workerHome(): Promise<string> {
  await (bundled ??= workflowBundle(BUNDLES, { encrypted: false }));
  const home = temporaryHome();
  await symlink(join(BUNDLES, 'cache'), join(home, 'cache'));
  return home;
}

/** Makes a product's first version, in this process: before there are workers here, who would do the same. */
export async function firstVersion(place: Place, product: TrialProduct): Promise<void> {
  await product.next();
  const deps = await refreshDeps({ pool: place.pool, url: place.databaseUrl });
  expect(await refreshHere(deps, product.id)).toMatchObject({ phase: 'succeeded', datasetVersion: 1 });
}

/** Starts a worker; `disturbance` says where it is sent a signal, once. */
export async function startWorkerIn(
  place: Place,
  {
    disturbance,
    env = {},
  }: { disturbance?: `${'SIGKILL' | 'SIGSTOP'}@${CrashPoint}`; env?: Record<string, string> } = {},
): Promise<WorkerProcess> {
  const crash = disturbance === undefined ? {} : { WEFT_CRASH_AT: `${disturbance},${join(place.home, randomUUID())}` };
  const worker = await startWorker({ ...place, env: { ...crash, ...env } });
  place.workers.add(worker);
  void worker.ended.then(() => place.workers.delete(worker));
  return worker;
}

/** Ends them all. */
export async function stopWorkers({ workers }: Place): Promise<void> {
  await Promise.all([...workers].map((worker) => worker.stop()));
}

/** Asks for a refresh. */
export async function request({ pool }: Place, productId: ProductId): Promise<RunId> {
  const { runId } = await transaction(pool, (trx) =>
    requestRun(trx, { runId: randomUUID() as RunId, productId, trigger: 'manual', requestedBy: 'test' }),
  );
  return runId;
}

/** Asks until there is an answer; a server that is away has none. */
export async function eventually<Value>(
  place: Place,
  ask: () => Promise<Value | null | false>,
  withinMs = 90_000,
): Promise<Value> {
  const untilMs = Date.now() + withinMs;
  let fault: unknown = null;
  while (Date.now() < untilMs) {
    try {
      const answer = await ask();
      if (answer !== null && answer !== false) return answer;
    } catch (error) {
      fault = error;
    }
    await sleep(50);
  }
  const said = [...place.workers].map((worker) => worker.output().slice(-2_000)).join('\n');
  throw new Error(`It did not come about:\n${said}`, { cause: fault });
}

/** The run once it is over, its announcement too. */
export function ended(place: Place, id: RunId, withinMs?: number): Promise<RunRow> {
  return eventually(
    place,
    async () => {
      const run = await findRun(place.pool, id);
      if (run === null || ['queued', 'running'].includes(run.phase)) return null;
      if (run.phase !== 'succeeded') return run;
      const stages = await stagesOf(place.pool, id);
      return stages.some(({ stage, state }) => stage === 'announce' && state === 'done') && run;
    },
    withinMs,
  );
}

/** `count checksum` of the rows that a reader sees of the product: the pointer, then what it names, at one moment. Null while the database is away. */
export async function look({ pool }: Place, { id }: Pick<TrialProduct, 'id'>): Promise<string | null> {
  try {
    return await transaction(pool, async (trx) => {
      await trx.query('set transaction isolation level repeatable read');
      const live = await liveDataset(trx, id);
      if (live === null) return 'nothing';
      const [object] = productOf(await requireRevision(trx, id, live.revision)).objects;
      const columns = object!.properties.map(({ column }) => column);
      const relation = relationOf(id, live.tables[object!.name]!, columns);
      const { rows } = await trx.query<{ seen: string }>(summarySql(`${relation} as version`));
      return rows[0]!.seen;
    });
  } catch {
    return null;
  }
}

/** What is left of runs that are over: schemas, tables that no version has, connections of stages, files of workers. */
export async function leftBehind({ pool, home, workers }: Place, { id }: TrialProduct): Promise<string[]> {
  const name = id.split('/')[1]!;
  const { rows } = await pool.query<{ left: string }>(
    `select 'schema ' || nspname as left from pg_namespace n join weft.runs r on nspname like '%\\_\\_run\\_' || left(r.id::text, 8)
      where r.product_id = $1
     union all
     select 'table ' || relname from pg_class
      where relnamespace = to_regnamespace('trial') and relkind = 'r' and (relname = $2 or relname like $2 || '\\_\\_%')
        and not exists (select from weft.dataset_versions v, jsonb_each(v.tables) t (object, stored)
                         where v.product_id = $1 and v.dropped_at is null and stored ->> 'table' = relname)
     union all
     select 'connection of ' || application_name from pg_stat_activity a join weft.runs r on application_name like 'weft run ' || r.id || ' %'
      where datname = current_database() and r.product_id = $1 and r.phase not in ('queued', 'running')`,
    [id, name],
  );
  // Of a run that is under way some may be there: whose they are is not told.
  const { rowCount: underWay } = await pool.query(`select from weft.runs where phase in ('queued', 'running') limit 1`);
  if (underWay !== 0) return rows.map(({ left }) => left);
  const files = await Promise.all(
    [...workers].map(async ({ pid }) =>
      (await readdir(join(home, 'tmp', `worker-${pid}`))).map((file) => `file ${file}`),
    ),
  );
  return [...rows.map(({ left }) => left), ...files.flat()];
}

/**
 * Refreshes with other rows while `disturb` does its worst. The outcome is that of an undisturbed run: it succeeds, makes one version more,
 * of the rows that the test knows; who reads meanwhile sees all of the old or all of the new; and nothing is left behind.
 */
export async function disturbed(
  place: Place,
  product: TrialProduct,
  disturb: (run: RunId) => Promise<unknown>,
  { withinMs }: { withinMs?: number } = {},
): Promise<RunRow> {
  const old = await look(place, product);
  await product.next();
  const before = (await liveDataset(place.pool, product.id))!.version;
  const reading = watch(place, product);
  try {
    const id = await request(place, product.id);
    await disturb(id);
    const run = await ended(place, id, withinMs);
    expect(run).toMatchObject({ phase: 'succeeded', error: null, datasetVersion: before + 1 });
    await expectRows(place, product);
    const whole = [old, product.expected()];
    expect([...(await reading.stop())].filter((seen) => !whole.includes(seen))).toEqual([]);
    return run;
  } finally {
    await reading.stop();
  }
}

/** The product has the rows that an undisturbed run makes, by the pointer and by the view, and nothing else is there. */
export async function expectRows(place: Place, product: TrialProduct): Promise<void> {
  expect(await look(place, product)).toBe(product.expected());
  const view = `trial.${product.id.split('/')[1]!.replaceAll('-', '_')}`;
  const { rows } = await place.pool.query<{ seen: string }>(summarySql(view));
  expect(rows[0]!.seen).toBe(product.expected());
  await eventually(place, async () => (await leftBehind(place, product)).length === 0, 5_000).catch(() => undefined);
  expect(await leftBehind(place, product)).toEqual([]);
}

/** Reads all the while; answers what was seen, each once. */
function watch(place: Place, product: TrialProduct): { stop: () => Promise<Set<string>> } {
  const seen = new Set<string>();
  const watching = { on: true };
  const done = (async () => {
    while (watching.on) {
      const now = await look(place, product);
      if (now !== null) seen.add(now);
      await sleep(50);
    }
  })();
  return {
    stop: async () => {
      watching.on = false;
      await done;
      return seen;
    },
  };
}
