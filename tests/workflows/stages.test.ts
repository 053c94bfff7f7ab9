import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';

import { domainOf, type ProductId, type RunId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { beginStage, cancelRun, requestRun, requireRun, startRun } from '../../schema/ledger/runs.ts';
import type { Stage } from '../../schema/run.ts';
import { abandonRun, failRun } from '../../workflows/refresh/end.ts';
import { performStage, type RefreshDeps, StageFault, type StageWork } from '../../workflows/refresh/stage.ts';
import type { RunRef } from '../../workflows/names.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { plainPublish } from './plain-publish.ts';
import { refreshDeps } from './refresh-here.ts';
import { smallProduct } from './small-product.ts';

let database: TestDatabase;
let deps: RefreshDeps;
let productId: ProductId;
let run: RunRef;

beforeAll(async () => {
  database = await cloneDatabase();
  deps = await refreshDeps(database);
  const folder = await smallProduct({
    content: 'id\n1\n',
    source: ['{ name: id, logicalType: integer, required: true }'],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'],
  });
  productId = (await plainPublish(database.pool, folder, { refresh: false })).product.id;
});
afterAll(() => database.drop());

beforeEach(async () => {
  await database.pool.query('delete from weft.runs');
  const runId = await transaction(database.pool, async (trx) => {
    const ask = { runId: randomUUID() as RunId, productId, trigger: 'manual', requestedBy: 'test' } as const;
    await requestRun(trx, ask);
    await startRun(trx, ask.runId, {});
    return ask.runId;
  });
  run = { runId, productId, domain: domainOf(productId), trigger: 'manual' };
});

function attempt(stage: Stage, work: (work: StageWork) => Promise<unknown>): Promise<unknown> {
  return performStage(deps, { run, stage, signal: new AbortController().signal }, async (_deps, given) => {
    await work(given);
    return given.end(given.client, { done: 1 });
  });
}

const outage = (): Promise<never> =>
  Promise.reject(Object.assign(new Error('nobody answers'), { code: 'ECONNREFUSED' }));
const fault = (): Promise<never> => Promise.reject(new Error('a fault'));
const nothing = (): Promise<void> => Promise.resolve();

test('outages do not count against a stage, however many there are, nor are they taken for faults', async () => {
  for (let count = 0; count < 12; count++) await expect(attempt('land', outage)).rejects.toThrow('nobody answers');
  for (const times of [1, 2]) {
    const error: unknown = await attempt('land', fault).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(StageFault);
    expect((error as StageFault).times).toBe(times);
  }
  expect(await attempt('land', nothing)).toEqual({ done: 1 });
});

test('a stage whose attempts are never heard of again is given up, under a name of its own', async () => {
  for (let count = 0; count < 9; count++) await beginStage(database.pool, run.runId, 'land');
  await expect(attempt('land', nothing)).rejects.toMatchObject({ code: 'STAGE_GIVEN_UP' });
});

test('what is published is announced, however often that was begun', async () => {
  for (let count = 0; count < 12; count++) await beginStage(database.pool, run.runId, 'announce');
  expect(await attempt('announce', nothing)).toEqual({ done: 1 });
});

test('an attempt that was overtaken and connects only then writes nothing', async () => {
  let wrote = false;
  const late = attempt('transform', async ({ connect }) => {
    await beginStage(database.pool, run.runId, 'transform');
    await connect({ url: deps.databaseUrl }, async () => {
      wrote = true;
    });
  });
  await expect(late).rejects.toMatchObject({ code: 'RUN_SUPERSEDED' });
  expect(wrote).toBe(false);
});

test('an attempt that connects once its run has failed writes nothing', async () => {
  let wrote = false;
  const late = attempt('transform', async ({ connect }) => {
    await database.pool.query(`update weft.runs set phase = 'failed' where id = $1`, [run.runId]);
    await connect({ url: deps.databaseUrl }, async () => {
      wrote = true;
    });
  });
  await expect(late).rejects.toMatchObject({ code: 'RUN_SUPERSEDED' });
  expect(wrote).toBe(false);
  await failRun(deps, run, { code: 'INTERNAL', message: 'late', findings: [] });
  expect((await requireRun(database.pool, run.runId)).phase).toBe('failed');
});

test('who watches is told how each attempt ended, and once how the run did', async () => {
  const told: string[] = [];
  const watched: RefreshDeps = {
    ...deps,
    observer: {
      stageEnded: ({ stage, attempt: nth, outcome, code }) => told.push(`${stage} ${nth} ${outcome} ${code}`),
      runEnded: ({ outcome, code }) => told.push(`${outcome} ${code}`),
    },
  };
  for (const work of [outage, fault, nothing, nothing])
    await performStage(watched, { run, stage: 'land', signal: new AbortController().signal }, async (_deps, given) => {
      await work();
      return given.end(given.client, { done: 1 });
    }).catch(() => undefined);
  const expected = ['land 1 outage DATABASE_UNREACHABLE', 'land 2 failed INTERNAL', 'land 3 done null'];
  expect(told).toEqual(expected);
  // As by hand in the gateway, whose record of it is all that the worker finds.
  await transaction(database.pool, (trx) => cancelRun(trx, run.runId));
  await abandonRun(watched, run);
  await failRun(watched, run, { code: 'INTERNAL', message: 'too late', findings: [] });
  expect(told).toEqual([...expected, 'cancelled null']);
});
