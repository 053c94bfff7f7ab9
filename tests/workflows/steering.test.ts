import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Connection, type ScheduleDescription } from '@temporalio/client';
import { pino } from 'pino';

import type { ProductFile } from '../../schema/contract/model.ts';
import type { ProductId, RunId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { liveDataset } from '../../schema/ledger/datasets.ts';
import { allPauses, pauseProduct, resumeProduct } from '../../schema/ledger/pauses.ts';
import { restoreData } from '../../schema/ledger/restore-data.ts';
import { requestRun, requireRun, type RunRow, stagesOf } from '../../schema/ledger/runs.ts';
import type { RunPriority } from '../../schema/run.ts';
import { reconcilePauses } from '../../workflows/reconcile.ts';
import type { RelayDeps } from '../../workflows/relay.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { testTemporal, type TestTemporal } from '../testkit/temporal.ts';
import { type Gate, gateIn } from './gate.ts';
import { plainPublish } from './plain-publish.ts';
import { smallProduct } from './small-product.ts';
import { TOLD_NOBODY, UNOBSERVED } from './told-nobody.ts';
import { answerBeside, startWorker, type WorkerProcess } from './worker-process.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let connection: Connection;
let client: Client;
let worker: WorkerProcess;
let relay: RelayDeps;
let gate: Gate;

beforeAll(async () => {
  database = await cloneDatabase();
  gate = await gateIn(database.url);
  temporal = await testTemporal();
  connection = await Connection.connect({ address: temporal.address });
  client = new Client({ connection, namespace: temporal.namespace });
  const home = await mkdtemp(join(tmpdir(), 'weft-worker-'));
  const env = { WEFT_STAGES_AT_ONCE: '4,narrow=1' };
  worker = await startWorker({ databaseUrl: database.url, temporal, home, env });
  relay = {
    pool: database.pool,
    databaseUrl: database.url,
    client,
    log: pino({ level: 'silent' }),
    newRunId: () => randomUUID() as RunId,
    observer: UNOBSERVED,
    alerts: TOLD_NOBODY,
  };
}, 120_000);

afterAll(async () => {
  await worker.stop();
  await gate.close();
  await connection.close();
  await database.drop();
}, 60_000);

function eventually<Value>(ask: () => Promise<Value | null | false | undefined>): Promise<Value> {
  return answerBeside(worker, ask);
}

async function published(id: string, options: { transform?: boolean; sla?: string } = {}): Promise<ProductId> {
  const [domain, name] = id.split('/') as [string, string];
  const folder = await smallProduct({
    name,
    content: 'id\n1\n2\n',
    source: ['{ name: id, logicalType: integer, required: true }'],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'],
    ...(options.transform === true ? { transform: `select id * 10 as id from ${name}` } : {}),
  });
  const change = (files: ProductFile[]): ProductFile[] =>
    files.map((file) => ({
      ...file,
      text:
        file.text.replaceAll('trial/', `${domain}/`).replace('domain: trial', `domain: ${domain}`) +
        (file.path === `${name}.odcs.yaml` && options.sla !== undefined ? `slaProperties:\n  - ${options.sla}\n` : ''),
    }));
  await plainPublish(database.pool, folder, { refresh: false, change });
  return id as ProductId;
}

async function request(productId: ProductId, priority: RunPriority = 2): Promise<RunId> {
  const runId = randomUUID() as RunId;
  await transaction(database.pool, (trx) =>
    requestRun(trx, { runId, productId, trigger: 'manual', requestedBy: 'test', priority, fullLoad: true }),
  );
  return runId;
}

/** The run once it is over, its announcement too. */
function ended(id: RunId): Promise<RunRow> {
  return eventually(async () => {
    const run = await requireRun(database.pool, id);
    if (['queued', 'running'].includes(run.phase)) return null;
    if (run.phase !== 'succeeded') return run;
    const stages = await stagesOf(database.pool, id);
    return stages.some(({ stage, state }) => stage === 'announce' && state === 'done') ? run : null;
  });
}

test('heavy loads of one domain, more than there are places, do not delay a load of another', async () => {
  const heavy = await Promise.all(Array.from({ length: 6 }, (_, index) => published(`heavy/load-${index}`)));
  const light = await published('light/load');
  await gate.shut('heavy/%', 'land', async () => {
    const runs = await Promise.all(heavy.map((id) => request(id)));
    await eventually(async () => (await gate.waiting()) === 2);
    expect(await ended(await request(light))).toMatchObject({ phase: 'succeeded' });
    const phases = await Promise.all(runs.map(async (run) => (await requireRun(database.pool, run)).phase));
    expect(phases).not.toContain('succeeded');
  });
  for (const id of heavy) await eventually(async () => (await liveDataset(database.pool, id)) !== null);
}, 180_000);

test('views follow data that goes back', async () => {
  const id = await published('trial/returning');
  for (let version = 1; version <= 2; version++) await ended(await request(id));
  const seen = async (): Promise<unknown> => {
    const { rows } = await database.pool.query<{ text: string }>(
      `select pg_get_viewdef('trial.returning'::regclass) as text`,
    );
    return /returning__\d+/.exec(rows[0]!.text)?.[0];
  };
  expect(await seen()).toBe('returning__2');
  await transaction(database.pool, (trx) => restoreData(trx, { product: id, toVersion: 1 }));
  await eventually(async () => (await seen()) === 'returning__1');
}, 120_000);

describe('the schedule in Temporal', () => {
  const scheduleOf = (id: ProductId) => client.schedule.getHandle(`refresh:${id}`);
  const described = (id: ProductId, is: (one: ScheduleDescription) => boolean): Promise<ScheduleDescription> =>
    eventually(async () => {
      const one = await scheduleOf(id)
        .describe()
        .catch(() => null);
      return one !== null && is(one) && one;
    });

  test('is what the contract says: time of availability, zone, jitter, what is made up for', async () => {
    const id = await published('trial/punctual', {
      sla: `{ property: timeOfAvailability, value: '09:00', customProperties: [{ property: timezone, value: Europe/Berlin }, { property: jitter, value: 1m }, { property: catchUp, value: PT2H }] }`,
    });
    const { spec, policies } = await described(id, () => true);
    expect(spec).toMatchObject({ timezone: 'Europe/Berlin', jitter: 60_000 });
    expect(spec.calendars).toMatchObject([{ hour: [{ start: 8 }], minute: [{ start: 58 }] }]);
    expect(policies.catchupWindow).toBe(7_200_000);
  }, 60_000);

  test('is paused where the product is, says by whom, and goes on with it', async () => {
    const id = await published('trial/stopped', { sla: '{ property: frequency, value: 1, unit: d }' });
    await described(id, () => true);
    await transaction(database.pool, (trx) =>
      pauseProduct(trx, { productId: id, by: 'ann', reason: 'the source moves' }),
    );
    const { state } = await described(id, (one) => one.state.paused);
    expect(state.note).toBe('Weft: paused by ann: the source moves');
    await reconcilePauses(relay);
    expect((await allPauses(database.pool)).find(({ productId }) => productId === id)).toMatchObject({ by: 'ann' });
    await transaction(database.pool, (trx) => resumeProduct(trx, id));
    await described(id, (one) => !one.state.paused);
  }, 60_000);

  test('that is paused there by hand pauses the product, until it goes on there', async () => {
    const id = await published('trial/by-hand', { sla: '{ property: frequency, value: 1, unit: d }' });
    await described(id, () => true);
    const pause = async () => {
      await reconcilePauses(relay);
      return (await allPauses(database.pool)).find(({ productId }) => productId === id);
    };
    await scheduleOf(id).pause('until Monday');
    expect(await eventually(pause)).toMatchObject({ by: 'temporal', origin: 'temporal', reason: 'until Monday' });
    await scheduleOf(id).unpause();
    await eventually(async () => (await pause()) === undefined);
    await scheduleOf(id).pause('until Tuesday');
    await eventually(pause);
    await transaction(database.pool, (trx) => resumeProduct(trx, id));
    await described(id, (one) => !one.state.paused);
  }, 60_000);
});
