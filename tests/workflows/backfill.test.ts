import { randomUUID } from 'node:crypto';
import { mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';

import { readRange } from '../../schema/backfill-range.ts';
import type { BackfillId, ProductId, RunId } from '../../schema/ids.ts';
import {
  type Backfill,
  requestBackfill,
  requireBackfill,
  resumeBackfill,
  slicesOf,
  stopBackfill,
} from '../../schema/ledger/backfills.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { datasetHistory } from '../../schema/ledger/datasets.ts';
import { requestRun, requireRun, stagesOf } from '../../schema/ledger/runs.ts';
import { clearBackfills } from '../../workflows/backfill/merge-slices.ts';
import { gatewayHere } from '../gateway/gateway-here.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { testTemporal, type TestTemporal } from '../testkit/temporal.ts';
import { plainPublish } from './plain-publish.ts';
import { smallProduct } from './small-product.ts';
import { answerBeside, startWorker, type WorkerProcess } from './worker-process.ts';

/** Where a slice waits that comes to the gate: any number that nobody else locks. */
const GATE = 4_712;
const DAYS = 10;

let database: TestDatabase;
let temporal: TestTemporal;
let connection: Connection;
let client: Client;
let worker: WorkerProcess;
let home: string;
let keeper: pg.Client;

beforeAll(async () => {
  database = await cloneDatabase();
  // A slice waits with all its rows landed and nothing of it committed.
  await database.pool.query(`
    create table public.gate (backfill uuid, nth int);
    create function public.wait_at_gate() returns trigger language plpgsql as $$ begin
      if exists (select from public.gate g where g.backfill = new.backfill_id and g.nth = new.nth)
      then perform pg_advisory_xact_lock_shared(${GATE}); end if;
      return new;
    end $$;
    create trigger gate before update on weft.backfill_slices for each row
      when (new.read_at is not null) execute function public.wait_at_gate();`);
  keeper = new pg.Client({ connectionString: database.url });
  await keeper.connect();
  temporal = await testTemporal();
  connection = await Connection.connect({ address: temporal.address });
  client = new Client({ connection, namespace: temporal.namespace });
  home = await mkdtemp(join(tmpdir(), 'weft-worker-'));
  worker = await startWorker({ databaseUrl: database.url, temporal, home });
}, 120_000);

afterAll(async () => {
  await worker.stop();
  await keeper.end();
  await connection.close();
  await database.drop();
}, 60_000);

function eventually<Value>(ask: () => Promise<Value | null | false | undefined>): Promise<Value> {
  return answerBeside(worker, ask);
}

interface Order {
  readonly id: number;
  readonly amount: number;
  readonly day: number;
}

/** An order a day, from the first to the tenth of March. */
function orders(amount: number): Order[] {
  return Array.from({ length: DAYS }, (_, index) => ({ id: index + 1, amount, day: index + 1 }));
}

function csv(rows: readonly Order[]): string {
  const lines = rows.map(
    ({ id, amount, day }) => `${id},${amount},2026-03-${String(day).padStart(2, '0')}T12:00:00Z\n`,
  );
  return `id,amount,changed\n${lines.join('')}`;
}

/** A product that merges orders by when they changed, with its first version published. */
async function published(name: string): Promise<{ id: ProductId; file: string }> {
  const folder = await smallProduct({
    name,
    content: csv(orders(1)),
    source: [
      '{ name: id, logicalType: integer, required: true, primaryKey: true }',
      '{ name: amount, logicalType: integer }',
      '{ name: changed, logicalType: timestamp, required: true }',
    ],
    output: [
      '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }',
      '{ name: amount, logicalType: integer }',
    ],
    load: { loadMode: 'merge', watermark: 'changed' },
  });
  const { product, runId } = await plainPublish(database.pool, folder);
  await succeeded(runId!);
  return { id: product.id, file: join(folder, 'things.csv') };
}

async function succeeded(id: RunId): Promise<void> {
  const run = await eventually(async () => {
    const found = await requireRun(database.pool, id);
    return ['queued', 'running'].includes(found.phase) ? null : found;
  });
  expect(run).toMatchObject({ phase: 'succeeded', error: null });
}

async function refreshed(productId: ProductId): Promise<RunId> {
  const runId = randomUUID() as RunId;
  await transaction(database.pool, (trx) =>
    requestRun(trx, { runId, productId, trigger: 'manual', requestedBy: 'test' }),
  );
  await succeeded(runId);
  return runId;
}

interface Stretch {
  readonly from: string;
  readonly to: string;
  readonly by?: string;
  readonly atOnce?: number;
  /** The slice that is not to come to its end. */
  readonly gated?: number;
}

async function asked(productId: ProductId, { from, to, by = 'P1D', atOnce = 2, gated }: Stretch): Promise<BackfillId> {
  const id = randomUUID() as BackfillId;
  const range = readRange({ from, to, by }, new Date());
  if (gated !== undefined) {
    await keeper.query('select pg_advisory_lock($1)', [GATE]);
    await database.pool.query('insert into public.gate values ($1, $2)', [id, gated]);
  }
  await transaction(database.pool, (trx) =>
    requestBackfill(trx, { id, productId, revision: 1, range, atOnce, requestedBy: 'test', reason: null }),
  );
  return id;
}

async function openGate(): Promise<void> {
  await database.pool.query('delete from public.gate');
  await keeper.query('select pg_advisory_unlock_all()');
}

/** Once a slice waits there: its source is read. */
function atGate(): Promise<true> {
  return eventually(async () => {
    const { rows } = await database.pool.query(
      `select from pg_locks where locktype = 'advisory' and not granted and objid = ${GATE}
          and database = (select oid from pg_database where datname = current_database())`,
    );
    return rows.length > 0;
  });
}

function read(id: BackfillId, count: number): Promise<true> {
  return eventually(async () => (await requireBackfill(database.pool, id)).slices.read >= count);
}

function over(id: BackfillId): Promise<Backfill> {
  return eventually(async () => {
    const found = await requireBackfill(database.pool, id);
    return ['reading', 'merging'].includes(found.phase) ? null : found;
  });
}

/** What readers see, once the views have followed a run: amounts by the order's number. */
async function amounts(id: ProductId, runId: RunId | null = null): Promise<string> {
  if (runId !== null)
    await eventually(async () =>
      (await stagesOf(database.pool, runId)).some(({ stage, state }) => stage === 'announce' && state === 'done'),
    );
  const { rows } = await database.pool.query<{ amounts: string }>(
    `select string_agg(amount::text, ' ' order by id) as amounts from ${id.replace('/', '.')}`,
  );
  return rows[0]!.amounts;
}

async function schemasOf(id: BackfillId): Promise<number> {
  const { rows } = await database.pool.query(
    `select from pg_namespace where nspname like '%\\_\\_backfill\\_' || left($1, 8)`,
    [id],
  );
  return rows.length;
}

test('a stretch is read again in slices, and is there as one version', async () => {
  const { id, file } = await published('stretch');
  // Corrected without a word in the watermark: a refresh sees none but the last.
  await writeFile(file, csv(orders(2)));
  expect(await amounts(id, await refreshed(id))).toBe('1 1 1 1 1 1 1 1 1 2');
  const done = await over(await asked(id, { from: '2026-03-03', to: '2026-03-06' }));
  expect(done).toMatchObject({ phase: 'done', slices: { all: 3, read: 3, rows: 3 } });
  expect(await amounts(id, done.runId)).toBe('1 1 2 2 2 1 1 1 1 2');
  expect(await datasetHistory(database.pool, id)).toHaveLength(3);
  const land = (await stagesOf(database.pool, done.runId!)).find(({ stage }) => stage === 'land');
  expect(land?.detail).toMatchObject({ slices: 3, rowsLanded: 3, rowsChanged: 3 });
  // The watermark is where it was.
  await writeFile(file, csv([...orders(2), { id: 11, amount: 7, day: 10 }]));
  expect(await amounts(id, await refreshed(id))).toBe('1 1 2 2 2 1 1 1 1 2 7');
}, 120_000);

test('refreshes go on while slices are read, and what they bring is newer', async () => {
  const { id, file } = await published('beside');
  await writeFile(file, csv(orders(2)));
  const backfill = await asked(id, { from: '2026-03-01', to: '2026-03-11', by: 'P5D', atOnce: 1, gated: 2 });
  await read(backfill, 1);
  await writeFile(file, csv(orders(2).map((order) => (order.id === 3 ? { id: 3, amount: 9, day: 10 } : order))));
  await refreshed(id);
  await openGate();
  const done = await over(backfill);
  expect(done.phase).toBe('done');
  expect(await amounts(id, done.runId)).toBe('2 2 9 2 2 2 2 2 2 2');
}, 120_000);

test('a worker that is killed loses no slice and reads none twice', async () => {
  const { id, file } = await published('killed');
  await writeFile(file, csv(orders(2)));
  const backfill = await asked(id, { from: '2026-03-01', to: '2026-03-11', gated: 4 });
  await read(backfill, 5);
  process.kill(worker.pid, 'SIGKILL');
  await worker.ended;
  await openGate();
  worker = await startWorker({ databaseUrl: database.url, temporal, home });
  const done = await over(backfill);
  expect(done).toMatchObject({ phase: 'done', slices: { all: 10, read: 10, rows: 10 } });
  expect(await amounts(id, done.runId)).toBe('2 2 2 2 2 2 2 2 2 2');
  const slices = await slicesOf(database.pool, backfill, 'all');
  expect(slices.filter(({ attempts }) => attempts > 1).map(({ nth }) => nth)).toContain(4);
}, 120_000);

test('a product that is handed over while it is read has its stretch merged under its new name, in its new domain', async () => {
  const { id, file } = await published('handed');
  await writeFile(file, csv(orders(2)));
  const backfill = await asked(id, { from: '2026-03-01', to: '2026-03-11', by: 'P5D', atOnce: 1, gated: 2 });
  await atGate();
  const gateway = await gatewayHere({ database });
  try {
    const { errors } = await gateway.order(
      `mutation { renameProduct(product: "${id}", to: "elsewhere/handed") { id } }`,
    );
    expect(errors).toBeUndefined();
  } finally {
    await gateway.close();
  }
  await openGate();
  const done = await over(backfill);
  expect(done).toMatchObject({ phase: 'done', productId: 'elsewhere/handed', slices: { all: 2, read: 2, rows: 10 } });
  const run = await requireRun(database.pool, done.runId!);
  expect(run).toMatchObject({ productId: 'elsewhere/handed', phase: 'succeeded', datasetVersion: 2 });
  expect(await amounts(run.productId, run.id)).toBe('2 2 2 2 2 2 2 2 2 2');
  await clearBackfills(database.pool);
  expect(await schemasOf(backfill)).toBe(0);
}, 120_000);

test('what is called off leaves nothing', async () => {
  const { id, file } = await published('calledoff');
  await writeFile(file, csv(orders(2)));
  const backfill = await asked(id, { from: '2026-03-01', to: '2026-03-11', gated: 2 });
  await read(backfill, 1);
  expect(await schemasOf(backfill)).toBe(1);
  await transaction(database.pool, (trx) => stopBackfill(trx, backfill, { kind: 'cancelled' }));
  const handle = client.workflow.getHandle(`backfill:${id}`);
  await eventually(async () => (await handle.describe()).status.name === 'CANCELLED');
  await openGate();
  await clearBackfills(database.pool);
  expect(await schemasOf(backfill)).toBe(0);
  expect(await over(backfill)).toMatchObject({ phase: 'cancelled', runId: null });
  expect(await amounts(id)).toBe('1 1 1 1 1 1 1 1 1 1');
}, 120_000);

test('one that failed goes on with what it has not read', async () => {
  const { id, file } = await published('mended');
  await writeFile(file, csv(orders(2)));
  const backfill = await asked(id, { from: '2026-03-01', to: '2026-03-11', by: 'P5D', atOnce: 1, gated: 1 });
  await atGate();
  await rename(file, `${file}.away`);
  await openGate();
  expect(await over(backfill)).toMatchObject({
    phase: 'failed',
    error: { code: 'SOURCE_MISSING' },
  });
  await rename(`${file}.away`, file);
  expect(await transaction(database.pool, (trx) => resumeBackfill(trx, backfill))).toBe(true);
  const done = await over(backfill);
  expect(done).toMatchObject({ phase: 'done', error: null, slices: { all: 2, read: 2, rows: 10 } });
  expect(await amounts(id, done.runId)).toBe('2 2 2 2 2 2 2 2 2 2');
}, 120_000);

test('a second one waits for the end of the first', async () => {
  const { id } = await published('second');
  const backfill = await asked(id, { from: '2026-03-01', to: '2026-03-11', gated: 1 });
  await expect(asked(id, { from: '2026-03-01', to: '2026-03-02' })).rejects.toMatchObject({ code: 'PRODUCT_BUSY' });
  await openGate();
  expect((await over(backfill)).phase).toBe('done');
  await clearBackfills(database.pool);
  expect(await schemasOf(backfill)).toBe(0);
}, 120_000);
