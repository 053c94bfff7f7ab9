import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';

import type { ProductId, RunId } from '../../../schema/ids.ts';
import { transaction } from '../../../schema/ledger/connect.ts';
import {
  addVersion,
  type DatasetTable,
  expiredVersions,
  liveDataset,
  nextVersion,
} from '../../../schema/ledger/datasets.ts';
import { restoreData } from '../../../schema/ledger/restore-data.ts';
import { requestRun, startRun, succeedRun } from '../../../schema/ledger/runs.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { storeRevision } from './store-revision.ts';

const FLIGHTS = 'operations/flights' as ProductId;
let database: TestDatabase;

beforeAll(async () => {
  database = await cloneDatabase();
});
afterAll(() => database.drop());

beforeEach(async () => {
  await database.pool.query('truncate weft.domains, weft.events cascade');
  await storeRevision(database.pool, FLIGHTS);
  for (const table of ['flights__1', 'flights__2', 'flights__3']) await publishVersion(table);
});

function publishVersion(table: string, revision = 1): Promise<number> {
  return transaction(database.pool, async (trx) => {
    const runId = randomUUID() as RunId;
    await requestRun(trx, { runId, productId: FLIGHTS, trigger: 'manual', requestedBy: 'test' });
    await startRun(trx, runId, {});
    const version = await nextVersion(trx, FLIGHTS);
    const tables = { flights: { table, rows: 1 } as unknown as DatasetTable };
    await addVersion(trx, { productId: FLIGHTS, version, revision, runId, tables });
    await succeedRun(trx, runId, version);
    return version;
  });
}

function restore(toVersion: number | null): Promise<{ from: number; to: number }> {
  return transaction(database.pool, (trx) => restoreData(trx, { product: FLIGHTS, toVersion }));
}

async function live(): Promise<number | undefined> {
  return (await liveDataset(database.pool, FLIGHTS))?.version;
}

test('data goes back to the version before, or to one that is named, and forward again', async () => {
  expect(await restore(null)).toEqual({ from: 3, to: 2 });
  expect(await live()).toBe(2);
  expect(await restore(1)).toEqual({ from: 2, to: 1 });
  expect(await restore(3)).toEqual({ from: 1, to: 3 });
  expect(await live()).toBe(3);
});

test('what is published next has a number of its own, and is what readers see', async () => {
  await restore(1);
  expect(await publishVersion('flights__4')).toBe(4);
  expect(await live()).toBe(4);
});

test('the version that data went back to does not expire, and the one it left does in its time', async () => {
  await restore(1);
  await database.pool.query(`update weft.dataset_versions set superseded_at = superseded_at - interval '1 hour'`);
  const expired = await expiredVersions(database.pool, FLIGHTS, { keep: 0, graceSeconds: 600 });
  expect(expired.map(({ version }) => version)).toEqual([2, 3]);
});

test.each([
  ['that there never was', 9, 'NOT_FOUND', async () => undefined],
  ['that is live', 3, 'NOT_RESTORABLE', async () => undefined],
  [
    'whose rows are gone',
    1,
    'NOT_RESTORABLE',
    () => database.pool.query('update weft.dataset_versions set dropped_at = now() where version = 1'),
  ],
  [
    'of another shape',
    1,
    'NOT_RESTORABLE',
    async () => {
      const revision = await storeRevision(database.pool, FLIGHTS, { dataDigest: 'another' });
      await publishVersion('flights__4', revision);
    },
  ],
  [
    'while a run is under way',
    1,
    'PRODUCT_BUSY',
    () =>
      transaction(database.pool, (trx) =>
        requestRun(trx, { runId: randomUUID() as RunId, productId: FLIGHTS, trigger: 'manual', requestedBy: 'test' }),
      ),
  ],
])('data does not go back to a version %s', async (_what, version, code, prepare: () => Promise<unknown>) => {
  await prepare();
  const before = await live();
  await expect(restore(version)).rejects.toMatchObject({ code });
  expect(await live()).toBe(before);
});
