import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';

import { payloadCodec } from '../../schema/payload-codec.ts';
import { encryptedBy } from '../../workflows/payloads/encrypted.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { testTemporal } from '../testkit/temporal.ts';
import { plainPublish } from './plain-publish.ts';
import { smallProduct } from './small-product.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

const SOURCE = ['{ name: id, logicalType: integer, required: true }'];
const OUTPUT = ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'];
const KEYS = `one:${randomBytes(32).toString('base64')}`;

let database: TestDatabase;
let connection: Connection;
let raw: Client;
let reading: Client;
let worker: WorkerProcess;

beforeAll(async () => {
  database = await cloneDatabase();
  const temporal = await testTemporal();
  connection = await Connection.connect({ address: temporal.address });
  const { namespace } = temporal;
  raw = new Client({ connection, namespace });
  reading = new Client({ connection, namespace, dataConverter: encryptedBy(payloadCodec(() => null, KEYS)!) });
  const home = await mkdtemp(join(tmpdir(), 'weft-worker-'));
  worker = await startWorker({ databaseUrl: database.url, temporal, home, env: { WEFT_PAYLOAD_KEYS: KEYS } });
}, 120_000);
afterAll(async () => {
  await worker.stop();
  await connection.close();
  await database.drop();
}, 60_000);

async function refreshed(name: string, content: string): Promise<string> {
  await plainPublish(database.pool, await smallProduct({ name, content, source: SOURCE, output: OUTPUT }));
  const untilMs = Date.now() + 60_000;
  while (Date.now() < untilMs) {
    await sleep(100);
    const { rows } = await database.pool.query<{ phase: string }>(
      `select phase from weft.runs where product_id = $1 and phase in ('succeeded', 'failed')`,
      [`trial/${name}`],
    );
    if (rows[0] !== undefined) return rows[0].phase;
  }
  throw new Error(`It did not come about:\n${worker.output().slice(-3000)}`);
}

/** Every payload of a history but search attributes, which Temporal must be able to read. */
function* payloadsOf(value: unknown): Generator<{ metadata: Record<string, Uint8Array>; data: Uint8Array }> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if ('metadata' in value && 'data' in value && value.metadata !== null) {
    yield value as { metadata: Record<string, Uint8Array>; data: Uint8Array };
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'searchAttributes') continue;
    yield* payloadsOf(inner);
  }
}

async function settled(workflowId: string): Promise<void> {
  await raw.workflow
    .getHandle(workflowId)
    .result()
    .catch(() => undefined);
}

test('nothing of what a run says lies in Temporal in clear text, and who has the key reads it', async () => {
  expect(await refreshed('secretive', 'id\n1\n')).toBe('succeeded');
  const handle = raw.workflow.getHandle('refresh:trial/secretive');
  await settled('refresh:trial/secretive');
  const payloads = [...payloadsOf(await handle.fetchHistory())];
  expect(payloads.length).toBeGreaterThan(10);
  expect(new Set(payloads.map(({ metadata }) => String(Buffer.from(metadata['encoding']!))))).toEqual(
    new Set(['binary/encrypted']),
  );
  const { memo } = await reading.workflow.getHandle('refresh:trial/secretive').describe();
  expect(memo).toEqual({ runId: expect.any(String) });
}, 90_000);

test('what a failure says is encrypted too', async () => {
  expect(await refreshed('failing', 'other\n1\n')).toBe('failed');
  await settled('refresh:trial/failing');
  const text = JSON.stringify(await raw.workflow.getHandle('refresh:trial/failing').fetchHistory());
  expect(text).toContain('Encoded failure');
  expect(text).not.toMatch(/contract declares|missing|no column/i);
  await expect(reading.workflow.getHandle('refresh:trial/failing').result()).rejects.toMatchObject({
    cause: { cause: { message: expect.not.stringContaining('Encoded') } },
  });
}, 90_000);

test('a workflow that was started before there was a key goes on', async () => {
  const { product } = await plainPublish(
    database.pool,
    await smallProduct({ name: 'older', content: 'id\n1\n', source: SOURCE, output: OUTPUT }),
    { refresh: false },
  );
  const { rows } = await database.pool.query<{ id: string }>(
    `insert into weft.runs (id, product_id, revision, trigger, phase, requested_by)
     select gen_random_uuid(), id, 1, 'manual', 'queued', 'test' from weft.products where id = $1 returning id`,
    [product.id],
  );
  const run = { runId: rows[0]!.id, productId: product.id, domain: 'trial', trigger: 'manual' };
  const handle = await raw.workflow.start('refresh', {
    workflowId: `refresh:${product.id}`,
    taskQueue: 'weft',
    args: [run],
    memo: { runId: run.runId },
  });
  await expect(reading.workflow.getHandle(handle.workflowId).result()).resolves.toEqual(expect.any(Object));
}, 90_000);

test('a workflow whose key the worker has not waits, and the worker says which', async () => {
  const codec = payloadCodec(() => null, `lost:${randomBytes(32).toString('base64')}`)!;
  const { namespace } = raw.options;
  const strange = new Client({ connection, namespace, dataConverter: encryptedBy(codec) });
  const handle = await strange.workflow.start('refresh', {
    workflowId: 'refresh:trial/strange',
    taskQueue: 'weft',
    args: [{ productId: 'trial/strange' }],
  });
  const untilMs = Date.now() + 30_000;
  while (Date.now() < untilMs && !worker.output().includes('which WEFT_PAYLOAD_KEYS does not name')) await sleep(100);
  expect(worker.output()).toContain('encrypted with the key \\"lost\\", which WEFT_PAYLOAD_KEYS does not name');
  expect((await raw.workflow.getHandle(handle.workflowId).describe()).status.name).toBe('RUNNING');
  await handle.terminate();
  expect(await refreshed('afterwards', 'id\n1\n')).toBe('succeeded');
}, 90_000);
