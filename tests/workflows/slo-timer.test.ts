import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';

import type { ProductId, RunId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { liveDataset } from '../../schema/ledger/datasets.ts';
import { requestRun } from '../../schema/ledger/runs.ts';
import { type Breach, breaches } from '../../schema/ledger/slo-standings.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { testTemporal, type TestTemporal } from '../testkit/temporal.ts';
import { plainPublish } from './plain-publish.ts';
import { smallProduct } from './small-product.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let connection: Connection;
let client: Client;
let worker: WorkerProcess;
let home: string;

beforeAll(async () => {
  database = await cloneDatabase();
  temporal = await testTemporal();
  connection = await Connection.connect({ address: temporal.address });
  client = new Client({ connection, namespace: temporal.namespace });
  home = await mkdtemp(join(tmpdir(), 'weft-worker-'));
  worker = await startWorker({ databaseUrl: database.url, temporal, home });
}, 120_000);
afterAll(async () => {
  await worker.stop();
  await connection.close();
  await database.drop();
});

async function eventually<Value>(ask: () => Promise<Value | null | false | undefined>): Promise<Value> {
  const untilMs = Date.now() + 60_000;
  while (Date.now() < untilMs) {
    const answer = await ask();
    if (answer !== null && answer !== false && answer !== undefined) return answer;
    await sleep(50);
  }
  throw new Error(`It did not come about:\n${worker.output().slice(-3000)}`);
}

async function promising(name: string, promise: string): Promise<{ id: ProductId; folder: string }> {
  const folder = await smallProduct({
    name,
    content: 'id\n1\n',
    source: ['{ name: id, logicalType: integer, required: true }'],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'],
    sla: [promise],
  });
  const { product } = await plainPublish(database.pool, folder);
  return { id: product.id, folder };
}

function refreshed(productId: ProductId): Promise<unknown> {
  const ask = { runId: randomUUID() as RunId, productId, trigger: 'manual', requestedBy: 'test' } as const;
  return transaction(database.pool, (trx) => requestRun(trx, ask));
}

async function breachesOf(id: ProductId): Promise<Breach[]> {
  return breaches(database.pool, { id, property: 'freshness', limit: 10 });
}

function arrived(id: ProductId, version: number): Promise<Date> {
  return eventually(async () => {
    const live = await liveDataset(database.pool, id);
    return live?.version === version && live.publishedAt;
  });
}

test('a product is known to be late when its data is due, and to be on time when it comes', async () => {
  const { id } = await promising('due', '{ property: freshness, value: 3, unit: s }');
  const first = await arrived(id, 1);
  const late = await eventually(async () => (await breachesOf(id))[0]);
  expect(late).toMatchObject({ from: new Date(first.getTime() + 3_000), until: null });
  await refreshed(id);
  const second = await arrived(id, 2);
  const [over] = (await breachesOf(id)).filter(({ from }) => from.getTime() === late.from.getTime());
  expect(over).toMatchObject({ until: second });
  // And so on, by the same timer.
  await eventually(async () => (await breachesOf(id)).length === 2);
});

test('who looks into Temporal sees when it is due', async () => {
  const { id } = await promising('legible', '{ property: freshness, value: 1, unit: h }');
  const published = await arrived(id, 1);
  const due = new Date(published.getTime() + 3_600_000).toISOString();
  const handle = client.workflow.getHandle(`slo:${id}`);
  const { typedSearchAttributes } = await eventually(() =>
    handle.describe().catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }),
  );
  expect(typedSearchAttributes.getAll().map(({ value }) => value)).toEqual(expect.arrayContaining([id, 'trial']));
  const details = await eventually(async () => {
    const { currentDetails } = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    return currentDetails?.includes(due) === true && currentDetails;
  });
  expect(details).toBe(`Next due: **${due}**`);
});

test('a timer outlives the worker: what was due while none was there is late from when it was due', async () => {
  const { id } = await promising('outlives', '{ property: freshness, value: 4, unit: s }');
  const first = await arrived(id, 1);
  await eventually(
    async () =>
      (await client.workflow
        .getHandle(`slo:${id}`)
        .describe()
        .catch(() => null)) !== null,
  );
  await worker.stop();
  await sleep(Math.max(0, first.getTime() + 4_500 - Date.now()));
  expect(await breachesOf(id)).toEqual([]);
  worker = await startWorker({ databaseUrl: database.url, temporal, home });
  const late = await eventually(async () => (await breachesOf(id))[0]);
  expect(late.from).toEqual(new Date(first.getTime() + 4_000));
});

test('its timer ends with its promise', async () => {
  const { id, folder } = await promising('ends', '{ property: freshness, value: 1, unit: h }');
  await arrived(id, 1);
  const statusOf = async () =>
    (
      await client.workflow
        .getHandle(`slo:${id}`)
        .describe()
        .catch(() => null)
    )?.status.name;
  await eventually(async () => (await statusOf()) === 'RUNNING');
  await plainPublish(database.pool, folder, {
    refresh: false,
    change: (files) => files.map((file) => ({ ...file, text: file.text.replace(/slaProperties:[^]*/, '') })),
  });
  await eventually(async () => (await statusOf()) === 'COMPLETED');
});
