import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Connection, type ScheduleDescription } from '@temporalio/client';
import pg from 'pg';
import { pino } from 'pino';

import type { ProductFile } from '../../schema/contract/model.ts';
import type { ProductId, RunId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { liveDataset } from '../../schema/ledger/datasets.ts';
import { allPauses, pauseProduct, resumeProduct } from '../../schema/ledger/pauses.ts';
import { restoreData } from '../../schema/ledger/restore-data.ts';
import { cancelRun, requestRun, requireRun, type RunRow, stagesOf } from '../../schema/ledger/runs.ts';
import type { RunPriority } from '../../schema/run.ts';
import { reconcilePauses } from '../../workflows/reconcile.ts';
import type { RelayDeps } from '../../workflows/relay.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { testTemporal, type TestTemporal } from '../testkit/temporal.ts';
import { plainPublish } from './plain-publish.ts';
import { smallProduct } from './small-product.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

/** Where stages wait that come to a gate: any number that nobody else locks. */
const GATE = 4_711;

let database: TestDatabase;
let temporal: TestTemporal;
let connection: Connection;
let client: Client;
let worker: WorkerProcess;
let relay: RelayDeps;
/** Holds the gate shut while it has the lock. */
let keeper: pg.Client;

beforeAll(async () => {
  database = await cloneDatabase();
  // Stages wait with all their work done and nothing of it committed, on the connection that a cancellation ends.
  await database.pool.query(`
    create table public.gate (product text, stage text);
    create function public.wait_at_gate() returns trigger language plpgsql as $$ begin
      if exists (select from public.gate g join weft.runs r on r.product_id like g.product
                  where r.id = new.run_id and g.stage = new.stage)
      then perform pg_advisory_xact_lock_shared(${GATE}); end if;
      return new;
    end $$;
    create trigger gate before update on weft.stages for each row
      when (new.state = 'done' and old.state <> 'done') execute function public.wait_at_gate();`);
  keeper = new pg.Client({ connectionString: database.url });
  await keeper.connect();
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
  };
}, 120_000);

afterAll(async () => {
  await worker.stop();
  await keeper.end();
  await connection.close();
  await database.drop();
}, 60_000);

async function eventually<Value>(ask: () => Promise<Value | null | false | undefined>): Promise<Value> {
  const untilMs = Date.now() + 60_000;
  while (Date.now() < untilMs) {
    const answer = await ask();
    if (answer !== null && answer !== false && answer !== undefined) return answer;
    await sleep(50);
  }
  throw new Error(`It did not come about:\n${worker.output().slice(-3000)}`);
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
    requestRun(trx, { runId, productId, trigger: 'manual', requestedBy: 'test', priority }),
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

/** Shuts the gate for a stage of products, for the time of the story. */
async function gated(product: string, stage: string, story: () => Promise<void>): Promise<void> {
  await keeper.query('select pg_advisory_lock($1)', [GATE]);
  await database.pool.query('insert into public.gate values ($1, $2)', [product, stage]);
  try {
    await story();
  } finally {
    await database.pool.query('delete from public.gate');
    await keeper.query('select pg_advisory_unlock_all()');
  }
}

async function atGate(): Promise<number> {
  const { rows } = await database.pool.query(
    `select from pg_locks where locktype = 'advisory' and not granted and objid = ${GATE}
        and database = (select oid from pg_database where datname = current_database())`,
  );
  return rows.length;
}

describe('a run that is cancelled leaves nothing, and what readers see stays', () => {
  test.each(['extract', 'land', 'transform', 'audit', 'publish'])(
    'in its %s stage',
    async (stage) => {
      const id = await published(`trial/off${stage}`, { transform: true });
      expect(await ended(await request(id))).toMatchObject({ phase: 'succeeded', datasetVersion: 1 });
      await gated(id, stage, async () => {
        const run = await request(id);
        await eventually(async () => (await atGate()) === 1);
        await transaction(database.pool, (trx) => cancelRun(trx, run));
        await eventually(async () => (await atGate()) === 0);
        const handle = client.workflow.getHandle(`refresh:${id}`);
        await eventually(async () => (await handle.describe()).status.name === 'CANCELLED');
        expect(await requireRun(database.pool, run)).toMatchObject({ phase: 'cancelled', datasetVersion: null });
        const { rows } = await database.pool.query(
          `select from pg_namespace where nspname like '%\\_\\_run\\_' || left($1, 8)`,
          [run],
        );
        expect(rows).toEqual([]);
        expect(await liveDataset(database.pool, id)).toMatchObject({ version: 1 });
      });
      expect(await ended(await request(id))).toMatchObject({ phase: 'succeeded', datasetVersion: 2 });
    },
    120_000,
  );

  test('but what is published is announced', async () => {
    const id = await published('trial/announced');
    await gated(id, 'announce', async () => {
      const run = await request(id);
      await eventually(async () => (await atGate()) === 1);
      expect(await transaction(database.pool, (trx) => cancelRun(trx, run))).toBe(false);
    });
  }, 120_000);
});

test('heavy loads of one domain, more than there are places, do not delay a load of another', async () => {
  const heavy = await Promise.all(Array.from({ length: 6 }, (_, index) => published(`heavy/load-${index}`)));
  const light = await published('light/load');
  await gated('heavy/%', 'land', async () => {
    const runs = await Promise.all(heavy.map((id) => request(id)));
    await eventually(async () => (await atGate()) === 2);
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
