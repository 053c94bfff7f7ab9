import { randomUUID } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';

import type { ProductId, RunId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { deliveriesOf } from '../../schema/ledger/destinations.ts';
import { emit } from '../../schema/ledger/events.ts';
import { product } from '../../schema/ledger/products.ts';
import { requestRun, runHistory, type RunRow } from '../../schema/ledger/runs.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { testTemporal, type TestTemporal } from '../testkit/temporal.ts';
import { plainPublish, readingOutput } from './plain-publish.ts';
import { smallProduct } from './small-product.ts';
import { answerBeside, startWorker, type WorkerProcess } from './worker-process.ts';

const SOURCE = ['{ name: id, logicalType: integer, required: true }'];
const OUTPUT = ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'];
const BASE = 'trial/base' as ProductId;
const TIP = 'trial/tip' as ProductId;

let database: TestDatabase;
let temporal: TestTemporal;
let connection: Connection;
let client: Client;
let worker: WorkerProcess;
let base: string;

beforeAll(async () => {
  database = await cloneDatabase();
  temporal = await testTemporal();
  connection = await Connection.connect({ address: temporal.address });
  client = new Client({ connection, namespace: temporal.namespace });
  const home = await mkdtemp(join(tmpdir(), 'weft-worker-'));
  worker = await startWorker({ databaseUrl: database.url, temporal, home });
  base = await smallProduct({ name: 'base', file: 'base.csv', content: 'id\n1\n2\n', source: SOURCE, output: OUTPUT });
}, 120_000);

afterAll(async () => {
  await worker.stop();
  await connection.close();
  await database.drop();
}, 60_000);

function eventually<Value>(ask: () => Promise<Value | null | false | undefined>): Promise<Value> {
  return answerBeside(worker, ask);
}

async function lastRun(id: ProductId, phase: RunRow['phase'] = 'succeeded'): Promise<RunRow | undefined> {
  return (await runHistory(database.pool, { productId: id, phase, limit: 1 }))[0];
}

test('a product that comes first waits for its input, and follows it from then on', async () => {
  // Published before what it reads: its first run waits as long as the input's own is under way.
  const tip = await smallProduct({
    name: 'tip',
    file: 'tip.csv',
    content: null,
    source: SOURCE,
    output: OUTPUT,
    transform: 'select id * 10 as id from base',
  });
  await plainPublish(database.pool, base, { refresh: false });
  await plainPublish(database.pool, tip, {
    refresh: false,
    change: (files) => readingOutput(files, { of: 'base', by: 'tip' }),
  });
  const ask = (productId: ProductId) =>
    transaction(database.pool, (trx) =>
      requestRun(trx, { runId: randomUUID() as RunId, productId, trigger: 'publish', requestedBy: 'test' }),
    );
  await transaction(database.pool, async (trx) => {
    for (const productId of [TIP, BASE])
      await requestRun(trx, { runId: randomUUID() as RunId, productId, trigger: 'publish', requestedBy: 'test' });
  });
  const first = await eventually(() => lastRun(TIP));
  expect(first).toMatchObject({ datasetVersion: 1, inputVersions: { [BASE]: 1 }, trigger: 'publish' });

  await writeFile(join(base, 'base.csv'), 'id\n7\n');
  await ask(BASE);
  const second = await eventually(async () =>
    (await product(database.pool, TIP))?.liveVersion === 2 ? lastRun(TIP) : null,
  );
  expect(second).toMatchObject({ trigger: 'upstream', inputVersions: { [BASE]: 2 } });
  const { rows } = await eventually(async () => {
    const seen = await database.pool.query<{ id: number }>('select id from trial.tip');
    return seen.rows[0]?.id === 70 ? seen : null;
  });
  expect(rows).toEqual([{ id: 70 }]);
}, 120_000);

test('Temporal shows product, domain, trigger and stage, and the table of stages', async () => {
  const handle = client.workflow.getHandle(`refresh:${BASE}`);
  const { typedSearchAttributes } = await eventually(async () => {
    const described = await handle.describe();
    return described.status.name === 'COMPLETED' ? described : null;
  });
  const shown = Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
  expect(shown).toMatchObject({
    WeftDomain: 'trial',
    WeftProduct: BASE,
    WeftTrigger: 'publish',
    WeftStage: 'announce',
  });
}, 60_000);

test('a refresh that finds nothing changed says so in Temporal, and its stages do nothing', async () => {
  const before = await lastRun(TIP);
  const { runId } = await transaction(database.pool, (trx) =>
    requestRun(trx, { runId: randomUUID() as RunId, productId: TIP, trigger: 'manual', requestedBy: 'test' }),
  );
  const handle = client.workflow.getHandle(`refresh:${TIP}`);
  const result = await eventually(async () => {
    if ((await lastRun(TIP))?.id !== runId) return null;
    const { status } = await handle.describe();
    return status.name === 'COMPLETED' ? ((await handle.result()) as object) : null;
  });
  const version = before!.datasetVersion!;
  expect(await lastRun(TIP)).toMatchObject({ outcome: 'confirmed', datasetVersion: version });
  expect(result).toMatchObject({ confirmed: version });
  const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  expect(currentDetails).toMatch(`confirmed ${version} |`);
  expect(currentDetails).toMatch(
    new RegExp(`\\| transform \\| done \\| .* \\| unchanged since version ${version} \\|`),
  );
}, 60_000);

test('a schedule comes with the contract, fires runs, changes with it, and goes with the product', async () => {
  const scheduled = (value: number) => async () => {
    await plainPublish(database.pool, base, {
      refresh: false,
      change: (files) =>
        files.map((file) =>
          file.path === 'base.odcs.yaml'
            ? { ...file, text: `${file.text}slaProperties:\n  - { property: frequency, value: ${value}, unit: s }\n` }
            : file,
        ),
    });
  };
  const handle = client.schedule.getHandle(`refresh:${BASE}`);
  const interval = async (): Promise<number | null> => {
    const described = await handle.describe().catch(() => null);
    return described?.spec.intervals?.[0]?.every ?? null;
  };
  await scheduled(2)();
  expect(await eventually(interval)).toBe(2_000);
  const fired = await eventually(async () => {
    const last = await lastRun(BASE);
    return last?.trigger === 'schedule' && last;
  });
  expect(fired.scheduledFor?.getTime()).toBeLessThanOrEqual(fired.requestedAt.getTime());
  await scheduled(86_400)();
  await eventually(async () => (await interval()) === 86_400_000);
  await transaction(database.pool, (trx) =>
    emit(trx, { type: 'product.retired', subject: BASE, payload: { dataUntil: null, consumers: [] } }),
  );
  await eventually(async () => (await interval()) === null);
}, 120_000);

test('an event that cannot be acted on holds up no other', async () => {
  await transaction(database.pool, (trx) =>
    emit(trx, { type: 'refresh.requested', subject: BASE, payload: { runId: 'no uuid' } }),
  );
  const before = (await lastRun(TIP))?.id;
  await transaction(database.pool, (trx) =>
    requestRun(trx, { runId: randomUUID() as RunId, productId: TIP, trigger: 'manual', requestedBy: 'test' }),
  );
  await eventually(async () => (await lastRun(TIP))?.id !== before);
}, 60_000);

test('a published version goes out to the destination that the contract names, by a workflow of its own', async () => {
  const folder = await smallProduct({ name: 'out', content: 'id\n1\n2\n', source: SOURCE, output: OUTPUT });
  const server = `servers:
  - { server: lake, type: local, path: out, format: parquet, customProperties: [{ property: deliver, value: true }] }
schema:`;
  const { product: out } = await plainPublish(database.pool, folder, {
    change: (files) =>
      files.map((file) =>
        file.path === 'out.odcs.yaml' ? { ...file, text: file.text.replace('schema:', server) } : file,
      ),
  });
  await eventually(async () => (await deliveriesOf(database.pool, [out.id]))[0]?.version === 1);
  const workflow = client.workflow.getHandle('deliver:trial/out/lake');
  await eventually(async () => (await workflow.describe()).status.name === 'COMPLETED');
  expect(await workflow.result()).toEqual({ version: 1, rows: 2, more: false });
});
