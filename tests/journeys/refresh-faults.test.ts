import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { type Home, openHome } from '../../gateway/up/home.ts';
import { type Postgres, startPostgres } from '../../gateway/up/postgres.ts';
import type { ProductId, RunId } from '../../schema/ids.ts';
import { openPool, type Pool, transaction } from '../../schema/ledger/connect.ts';
import { cancelRun, requestRun, run as findRun, type RunRow, stagesOf } from '../../schema/ledger/runs.ts';
import { migrate } from '../../schema/ledger/migrate.ts';
import { removeHome } from '../testkit/servers.ts';
import { testTemporal, type TestTemporal } from '../testkit/temporal.ts';
import { engineProduct, liveRows } from '../workflows/engine-product.ts';
import { plainPublish } from '../workflows/plain-publish.ts';
import { smallProduct } from '../workflows/small-product.ts';
import { startWorker, type WorkerProcess } from '../workflows/worker-process.ts';

const ROWS = 120_000;
const PRODUCT = 'trial/things' as ProductId;

let home: Home;
let postgres: Postgres;
let temporal: TestTemporal;
let pool: Pool;
let folder: string;
let worker: WorkerProcess | null = null;

beforeAll(async () => {
  // A server of our own, with its log on disk: it is going to be killed.
  const place = mkdtempSync(join(tmpdir(), 'weft-faults-'));
  chmodSync(place, 0o711);
  home = await openHome(place);
  postgres = await startPostgres(home, home, { port: 0, env: process.env, durable: true });
  temporal = await testTemporal();
  pool = openPool(postgres.url, { name: 'test', max: 8 });
  await migrate(pool);
  folder = await smallProduct({
    content: rows('first'),
    source: [
      '{ name: id, logicalType: integer, required: true }',
      '{ name: label, logicalType: string, required: true }',
    ],
    output: [
      '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true, unique: true }',
      '{ name: label, logicalType: string, required: true }',
    ],
    quality: [`{ metric: rowCount, mustBe: ${ROWS} }`],
  });
}, 120_000);

afterAll(async () => {
  await worker?.stop();
  await pool.end();
  await postgres.child.stop();
  removeHome(home.folder);
}, 60_000);

function rows(label: string): string {
  return `id,label\n${Array.from({ length: ROWS }, (_, id) => `${id},${label}\n`).join('')}`;
}

async function start(crashAt?: string): Promise<WorkerProcess> {
  const env =
    crashAt === undefined ? {} : { WEFT_CRASH_AT: `${crashAt},${join(home.folder, `crashed-${randomUUID()}`)}` };
  worker = await startWorker({ databaseUrl: postgres.url, temporal, home: home.folder, env });
  return worker;
}

async function request(): Promise<RunId> {
  const { runId } = await transaction(pool, (trx) =>
    requestRun(trx, { runId: randomUUID() as RunId, productId: PRODUCT, trigger: 'manual', requestedBy: 'test' }),
  );
  return runId;
}

/** Asks until there is an answer. */
async function eventually<Value>(ask: () => Promise<Value | null>): Promise<Value> {
  const untilMs = Date.now() + 90_000;
  while (Date.now() < untilMs) {
    const answer = await ask().catch(() => null);
    if (answer !== null) return answer;
    await sleep(50);
  }
  throw new Error(`It did not come about: ${worker?.output().slice(-3000) ?? ''}`);
}

/** The run once it has ended, and its last stage too. */
async function ended(id: RunId): Promise<RunRow> {
  return eventually(async () => {
    const found = await findRun(pool, id);
    if (found === null || ['queued', 'running'].includes(found.phase)) return null;
    if (found.phase !== 'succeeded') return found;
    const stages = await stagesOf(pool, id);
    return stages.some(({ stage, state }) => stage === 'announce' && state === 'done') ? found : null;
  });
}

/** Resolves once the run's publishing has begun. */
async function publishing(id: RunId): Promise<true> {
  return eventually(async () => ((await stagesOf(pool, id)).some(({ stage }) => stage === 'publish') ? true : null));
}

/** What a reader sees in one snapshot: the pointer, then the table that it names. Null while Postgres is away. */
async function look(): Promise<string | null> {
  const client = await pool.connect().catch(() => null);
  if (client === null) return null;
  let broken = false;
  try {
    await client.query('begin isolation level repeatable read');
    const { rows: live } = await client.query<{ table: string }>(
      `select v.tables -> 'things' ->> 'table' as table from weft.products p
         join weft.dataset_versions v on v.product_id = p.id and v.version = p.live_version where p.id = $1`,
      [PRODUCT],
    );
    if (live[0] === undefined) return 'nothing';
    const { rows: seen } = await client.query<{ seen: string }>(
      `select concat_ws(' ', count(*), count(distinct id), min(label), max(label)) as seen from trial."${live[0].table}"`,
    );
    return seen[0]!.seen;
  } catch {
    broken = true;
    return null;
  } finally {
    await client.query('rollback').catch(() => undefined);
    client.release(broken);
  }
}

/** Reads all the while; answers what was seen, each once. */
function watch(): { stop: () => Promise<Set<string>> } {
  const seen = new Set<string>();
  const watching = { on: true };
  const done = (async () => {
    while (watching.on) {
      const now = await look();
      if (now !== null) seen.add(now);
      await sleep(10);
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

const whole = (label: string): string => `${ROWS} ${ROWS} ${label} ${label}`;

async function left(): Promise<string[]> {
  const { rows: found } = await pool.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname like '%\\_\\_run\\_%'`,
  );
  return found.map(({ name }) => name);
}

let live = 'first';
let version = 1;

/** Refreshes with new content while `disturb` does its worst, and holds the outcome against an undisturbed one. */
async function disturbed(label: string, disturb: (run: RunId) => Promise<void>): Promise<RunId> {
  await writeFile(join(folder, 'things.csv'), rows(label));
  const watching = watch();
  const id = await request();
  await disturb(id);
  const run = await ended(id);
  const seen = await watching.stop();
  expect(run).toMatchObject({ phase: 'succeeded', error: null, datasetVersion: version + 1 });
  expect(await look()).toBe(whole(label));
  expect([...seen].filter((state) => state !== whole(live) && state !== whole(label))).toEqual([]);
  expect(await left()).toEqual([]);
  live = label;
  version += 1;
  return id;
}

test('an undisturbed run publishes all rows', async () => {
  await start();
  const { runId } = await plainPublish(pool, folder);
  expect(await ended(runId!)).toMatchObject({ phase: 'succeeded', datasetVersion: 1 });
  expect(await look()).toBe(whole('first'));
}, 120_000);

test.each(['land:copying', 'audit:running', 'publish:committed'])(
  'a worker killed at %s loses and doubles no row',
  async (point) => {
    await worker?.stop();
    const doomed = await start(point);
    await disturbed(`after ${point}`, async () => {
      expect(await doomed.ended).toBe('SIGKILL');
      await start();
    });
  },
  120_000,
);

test('a worker killed while it streams what DuckDB made loses and doubles no row', async () => {
  await worker?.stop();
  const doomed = await start('transform:copying');
  const { product, runId } = await plainPublish(
    pool,
    await engineProduct({
      name: 'halves',
      engine: 'duckdb',
      sources: [
        { object: 'numbers', format: 'csv', content: rows('n'), properties: ['{ name: id, logicalType: integer }'] },
      ],
      output: ['{ name: id, logicalType: integer, primaryKey: true, required: true }'],
      transform: 'select id / 2 as id from numbers where id % 2 = 0',
    }),
  );
  expect(await doomed.ended).toBe('SIGKILL');
  await start();
  expect(await ended(runId!)).toMatchObject({ phase: 'succeeded', error: null });
  expect(await liveRows({ pool }, product.id)).toHaveLength(ROWS / 2);
  expect(await left()).toEqual([]);
}, 120_000);

test('PostgreSQL killed in the midst of publishing loses and doubles no row', async () => {
  await disturbed('after the database', async (id) => {
    const holder = await pool.connect();
    holder.on('error', () => undefined);
    // The publishing transaction waits for the head of the graph: it is open, and has moved nothing yet.
    await holder.query('begin');
    await holder.query('select 1 from weft.supergraph_head for update');
    await publishing(id);
    await sleep(300);
    process.kill(postgres.child.pid()!, 'SIGKILL');
    holder.release(true);
  });
}, 150_000);

test('a run that is cancelled in its midst leaves nothing, and the next one succeeds', async () => {
  const watching = watch();
  const holder = await pool.connect();
  await holder.query('begin');
  await holder.query('select 1 from weft.supergraph_head for update');
  const id = await request();
  await publishing(id);
  await transaction(pool, (trx) => cancelRun(trx, id));
  await eventually(async () => ((await left()).length === 0 ? true : null));
  expect(await left()).toEqual([]);
  await holder.query('rollback');
  holder.release();
  expect(await findRun(pool, id)).toMatchObject({ phase: 'cancelled', datasetVersion: null });
  expect([...(await watching.stop())]).toEqual([whole(live)]);
  await disturbed('after a cancelled one', async () => undefined);
}, 120_000);

test('a worker stops in less than ten seconds', async () => {
  expect(await worker!.stop()).toBeLessThan(10_000);
  worker = null;
}, 30_000);
