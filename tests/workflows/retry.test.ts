import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';

import { Refusal } from '../../schema/errors.ts';
import type { ProductId, RunId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { requestRetry } from '../../schema/ledger/retry.ts';
import { requireRun, type RunRow, stagesOf } from '../../schema/ledger/runs.ts';
import { clearForsaken } from '../../workflows/refresh/end.ts';
import type { RefreshDeps } from '../../workflows/refresh/stage.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { plainPublish } from './plain-publish.ts';
import { finishHere, refreshDeps, refreshHere } from './refresh-here.ts';
import { smallProduct } from './small-product.ts';

let database: TestDatabase;
let deps: RefreshDeps;
let folder: string;
let id: ProductId;
let count = 0;

beforeAll(async () => {
  database = await cloneDatabase();
  deps = await refreshDeps(database);
});
afterAll(() => database.drop());

beforeEach(async () => {
  const name = `things${(count += 1)}`;
  folder = await smallProduct({
    name,
    content: 'id\n1\n2\n',
    source: ['{ name: id, logicalType: integer, required: true }'],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'],
    transform: `select id * 10 as id from ${name}`,
  });
  id = (await plainPublish(database.pool, folder, { refresh: false })).product.id;
});

/** A run that fails behind the stage, for a reason that passes. */
function failsBehind(stage: string): Promise<RunRow> {
  return refreshHere(deps, id, (done) =>
    done === stage ? Promise.reject(new Refusal('OVERLOADED', 'the disk is full')) : Promise.resolve(),
  );
}

async function retry(failed: RunRow): Promise<RunRow> {
  const runId = deps.newRunId();
  await transaction(database.pool, (trx) => requestRetry(trx, { runId, failed: failed.id, requestedBy: 'ann' }));
  return requireRun(database.pool, runId);
}

async function rows(): Promise<unknown> {
  const { rows: found } = await database.pool.query<{ ids: number[] }>(
    `select array_agg(id order by id) as ids from trial.${id.slice('trial/'.length)}`,
  );
  return found[0]!.ids;
}

async function schemas(): Promise<number> {
  const { rows: found } = await database.pool.query(`select from pg_namespace where nspname like '%\\_\\_run\\_%'`);
  return found.length;
}

const done = async (run: RunId): Promise<string[]> =>
  (await stagesOf(database.pool, run)).filter(({ state }) => state === 'done').map(({ stage }) => stage);

test.each([
  ['land', ['extract', 'land']],
  ['transform', ['extract', 'land', 'transform']],
  ['audit', ['extract', 'land', 'transform', 'audit']],
])('a run that failed behind %s goes on from there, its source being gone', async (stage, kept) => {
  const failed = await failsBehind(stage);
  expect(failed).toMatchObject({ phase: 'failed', error: { code: 'OVERLOADED' } });
  expect(failed.keptUntil).not.toBeNull();
  await rm(join(folder, 'things.csv'));
  const asked = await retry(failed);
  expect(asked).toMatchObject({ trigger: 'retry', retryOf: failed.id, requestedBy: 'ann' });
  expect(await done(asked.id)).toEqual(kept);
  expect(await finishHere(deps, asked)).toMatchObject({ phase: 'succeeded', datasetVersion: 1 });
  expect(await rows()).toEqual([10, 20]);
  expect(await schemas()).toBe(0);
});

test('a retry that fails is itself taken up again', async () => {
  const second = await retry(await failsBehind('land'));
  const failed = await finishHere(deps, second, (stage) =>
    stage === 'transform' ? Promise.reject(new Refusal('OVERLOADED', 'still full')) : Promise.resolve(),
  );
  expect(failed).toMatchObject({ phase: 'failed' });
  await rm(join(folder, 'things.csv'));
  expect(await finishHere(deps, await retry(failed))).toMatchObject({ phase: 'succeeded' });
  expect(await schemas()).toBe(0);
});

test('a run that failed before its rows had landed begins anew', async () => {
  const failed = await failsBehind('extract');
  expect(failed.keptUntil).toBeNull();
  await writeFile(join(folder, 'things.csv'), 'id\n7\n');
  expect(await finishHere(deps, await retry(failed))).toMatchObject({ phase: 'succeeded' });
  expect(await rows()).toEqual([70]);
});

test('the next run clears away what a failed one left, and the failed one cannot be taken up then', async () => {
  const failed = await failsBehind('transform');
  expect(await refreshHere(deps, id)).toMatchObject({ phase: 'succeeded' });
  expect(await schemas()).toBe(0);
  expect((await requireRun(database.pool, failed.id)).keptUntil).toBeNull();
  await expect(retry(failed)).rejects.toMatchObject({ code: 'NOT_RETRYABLE' });
});

test('what a failed run left goes when its time is over, and a retry begins anew then', async () => {
  const failed = await failsBehind('land');
  await clearForsaken(database.pool, 'expired');
  expect(await schemas()).toBe(1);
  await database.pool.query('update weft.runs set kept_until = now() where id = $1', [failed.id]);
  await clearForsaken(database.pool, 'expired');
  expect(await schemas()).toBe(0);
  const asked = await retry(failed);
  expect(await done(asked.id)).toEqual([]);
  expect(await finishHere(deps, asked)).toMatchObject({ phase: 'succeeded' });
});

test('of two who take up a run at once one is told that it was', async () => {
  const failed = await failsBehind('land');
  const asked = await Promise.allSettled([retry(failed), retry(failed)]);
  expect(asked.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('what a newer revision replaced is not taken up', async () => {
  const failed = await failsBehind('land');
  await plainPublish(database.pool, folder, {
    refresh: false,
    change: (files) => files.map((file) => ({ ...file, text: file.text.replace('id * 10', 'id * 11') })),
  });
  await expect(retry(failed)).rejects.toMatchObject({ code: 'NOT_RETRYABLE' });
});

test('what succeeded is not taken up', async () => {
  await expect(retry(await refreshHere(deps, id))).rejects.toMatchObject({ code: 'NOT_RETRYABLE' });
});
