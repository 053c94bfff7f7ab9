import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
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
import { answerBeside, startWorker, type WorkerProcess } from './worker-process.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let connection: Connection;
let client: Client;
let worker: WorkerProcess;
let home: string;
let hook: Server;
/** What the channels were told: which one, and what. */
const told: string[] = [];

beforeAll(async () => {
  database = await cloneDatabase();
  temporal = await testTemporal();
  connection = await Connection.connect({ address: temporal.address });
  client = new Client({ connection, namespace: temporal.namespace });
  home = await mkdtemp(join(tmpdir(), 'weft-worker-'));
  hook = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { type, data } = JSON.parse(body) as { type: string; data: { product: string } };
      told.push(`${request.url} ${type} ${data.product}`);
      // It is not there at once.
      response.writeHead(told.length % 2 === 1 ? 503 : 200).end();
    });
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  env = { WEFT_ALERTS_URL: `${hookUrl()}/operators`, WEFT_ALERTS_ESCALATE_AFTER: '1s' };
  worker = await startWorker({ databaseUrl: database.url, temporal, home, env });
}, 120_000);

let env: Record<string, string>;

function hookUrl(): string {
  return `http://127.0.0.1:${(hook.address() as AddressInfo).port}`;
}

afterAll(async () => {
  await worker.stop();
  await new Promise((resolve) => hook.close(resolve));
  await connection.close();
  await database.drop();
});

function eventually<Value>(ask: () => Promise<Value | null | false | undefined>): Promise<Value> {
  return answerBeside(worker, ask);
}

async function promising(name: string, promise: string, support?: string): Promise<{ id: ProductId; folder: string }> {
  const folder = await smallProduct({
    name,
    content: 'id\n1\n',
    source: ['{ name: id, logicalType: integer, required: true }'],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'],
    sla: [promise],
    ...(support === undefined ? {} : { support: [support] }),
  });
  const { product } = await plainPublish(database.pool, folder);
  return { id: product.id, folder };
}

function refreshed(productId: ProductId): Promise<unknown> {
  const ask = {
    runId: randomUUID() as RunId,
    productId,
    trigger: 'manual',
    requestedBy: 'test',
    fullLoad: true,
  } as const;
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
  // On a busy machine the first data itself is late.
  const lateAfter = (data: Date) =>
    eventually(async () => (await breachesOf(id)).find(({ from }) => from.getTime() === data.getTime() + 3_000));
  expect(await lateAfter(first)).toMatchObject({ until: null });
  await refreshed(id);
  const second = await arrived(id, 2);
  expect(await lateAfter(first)).toMatchObject({ until: second });
  // And so on, by the same timer.
  await lateAfter(second);
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
  worker = await startWorker({ databaseUrl: database.url, temporal, home, env });
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

test('the channels of a product that is late are told, the operators too as nobody sees to it, and that it is well again', async () => {
  const channel = `{ channel: us, scope: issues, url: '${hookUrl()}/issues' }`;
  const { id } = await promising('told', '{ property: freshness, value: 4, unit: s }', channel);
  const toldOf = (what: string) => eventually(async () => told.includes(`${what} ${id}`));
  await toldOf('/issues alert.opened');
  await toldOf('/operators alert.escalated');
  await refreshed(id);
  await toldOf('/issues alert.resolved');
  const { rows } = await database.pool.query(
    `select destination as url from weft.deliveries where body -> 'message' ->> 'product' = $1`,
    [id],
  );
  expect(new Set(rows.map(({ url }) => url))).toEqual(
    new Set([`${hookUrl()}/issues`, 'mailto:trial@example.org', 'operators:0']),
  );
});
