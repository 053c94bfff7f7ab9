import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';

import type { ProductId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { pauseProduct, resumeProduct } from '../../schema/ledger/pauses.ts';
import { cancelRun, openRuns, requireRun } from '../../schema/ledger/runs.ts';
import type { RefreshDeps } from '../../workflows/refresh/stage.ts';
import { requestScheduledRun, RunUnderWay } from '../../workflows/refresh/scheduled.ts';
import { startMinute } from '../../workflows/schedules.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { plainPublish } from './plain-publish.ts';
import { refreshDeps } from './refresh-here.ts';
import { smallProduct } from './small-product.ts';

const product = 'trial/clock' as ProductId;
let database: TestDatabase;
let deps: RefreshDeps;
let folder: string;

beforeAll(async () => {
  database = await cloneDatabase();
  deps = await refreshDeps(database);
  folder = await smallProduct({
    name: 'clock',
    content: 'id\n1\n',
    source: ['{ name: id, logicalType: integer, required: true }'],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'],
  });
});
afterAll(() => database.drop());

beforeEach(async () => {
  for (const { id } of await openRuns(database.pool)) await transaction(database.pool, (trx) => cancelRun(trx, id));
});

/** The schedule of a product whose contract says so fires. */
async function fires(overlap: string, runId = deps.newRunId()): Promise<boolean> {
  await plainPublish(database.pool, folder, {
    refresh: false,
    change: (files) =>
      files.map((file) =>
        file.path === 'clock.odcs.yaml'
          ? {
              ...file,
              text: `${file.text}slaProperties:\n  - { property: frequency, value: 1, unit: h, customProperties: [{ property: overlap, value: ${overlap} }] }\n`,
            }
          : file,
      ),
  });
  return requestScheduledRun(deps, { product, runId, scheduledFor: new Date('2030-01-31T06:00:00Z') });
}

test('a run knows the time that its schedule meant', async () => {
  const runId = deps.newRunId();
  expect(await fires('skip', runId)).toBe(true);
  const run = await requireRun(database.pool, runId);
  expect(run).toMatchObject({ trigger: 'schedule', scheduledFor: new Date('2030-01-31T06:00:00Z') });
  expect(await fires('skip', runId)).toBe(true);
});

test('beside a run that is under way none comes, one follows, or one takes its place, as the contract says', async () => {
  const first = deps.newRunId();
  await fires('skip', first);
  expect(await fires('skip')).toBe(false);
  await expect(fires('follow')).rejects.toThrow(RunUnderWay);
  const next = deps.newRunId();
  expect(await fires('replace', next)).toBe(true);
  expect((await openRuns(database.pool)).map(({ id }) => id)).toEqual([next]);
  expect(await requireRun(database.pool, first)).toMatchObject({ phase: 'cancelled' });
});

test('nothing comes to a paused product', async () => {
  await transaction(database.pool, (trx) => pauseProduct(trx, { productId: product, by: 'ann', reason: null }));
  expect(await fires('skip')).toBe(false);
  await transaction(database.pool, (trx) => resumeProduct(trx, product));
  expect(await fires('skip')).toBe(true);
});

test.each([
  ['before the first run', 9 * 60, null, '8:58'],
  ['of a run of half an hour', 9 * 60, 1_800, '8:13'],
  ['shortly after midnight', 10, 1_800, '23:23'],
  ['of a run that takes longer than half a day', 0, 86_400, '12:00'],
])('data is fetched ahead of when it shall be there: %s', (_of, at, usual, start) => {
  const minute = startMinute(at, usual);
  expect(`${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`).toBe(start);
});
