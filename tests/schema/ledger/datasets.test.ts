import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ProductId, RunId, SqlName } from '../../../schema/ids.ts';
import { transaction } from '../../../schema/ledger/connect.ts';
import {
  addVersion,
  datasetHistory,
  datasetOfRun,
  expiredVersions,
  liveDataset,
  liveDatasets,
  markDropped,
  nextVersion,
} from '../../../schema/ledger/datasets.ts';
import { markRetired } from '../../../schema/ledger/products.ts';
import { saveQuality } from '../../../schema/ledger/quality.ts';
import { requestRun, startRun, succeedRun } from '../../../schema/ledger/runs.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { storeRevision } from './store-revision.ts';

const FLIGHTS = 'operations/flights' as ProductId;
const ROUTES = 'operations/routes' as ProductId;
let database: TestDatabase;

beforeAll(async () => {
  database = await cloneDatabase();
});
afterAll(() => database.drop());

beforeEach(async () => {
  await database.pool.query('truncate weft.domains, weft.events cascade');
  for (const productId of [FLIGHTS, ROUTES]) await storeRevision(database.pool, productId);
});

async function run(productId: ProductId, inputVersions: Record<string, number> = {}): Promise<RunId> {
  return transaction(database.pool, async (trx) => {
    const ask = { runId: randomUUID() as RunId, productId, trigger: 'manual', requestedBy: 'test' } as const;
    const { runId } = await requestRun(trx, ask);
    await startRun(trx, runId, inputVersions);
    return runId;
  });
}

async function publishVersion(productId: ProductId): Promise<number> {
  const runId = await run(productId);
  return transaction(database.pool, async (trx) => {
    const version = await nextVersion(trx, productId);
    const tables = { flights: { table: `flights__${version}` as SqlName, rows: version } };
    await addVersion(trx, { productId, version, revision: 1, runId, tables });
    await succeedRun(trx, runId, version);
    return version;
  });
}

test('publishing a version moves the pointer that readers follow', async () => {
  expect(await liveDataset(database.pool, FLIGHTS)).toBeNull();
  await publishVersion(FLIGHTS);
  await publishVersion(FLIGHTS);
  expect(await liveDataset(database.pool, FLIGHTS)).toMatchObject({ version: 2, tables: { flights: { rows: 2 } } });
  expect((await liveDatasets(database.pool)).map(({ productId, version }) => [productId, version])).toEqual([
    [FLIGHTS, 2],
  ]);
});

test('a publish stage whose answer was lost finds the version of its run', async () => {
  await publishVersion(FLIGHTS);
  const [version] = await datasetHistory(database.pool, FLIGHTS);
  expect(await datasetOfRun(database.pool, version!.runId)).toEqual(version);
  expect(await datasetOfRun(database.pool, randomUUID() as RunId)).toBeNull();
});

test('an answer can name the warnings that failed', async () => {
  await publishVersion(FLIGHTS);
  const { runId } = (await liveDataset(database.pool, FLIGHTS))!;
  const rule = { object: 'flights', property: null, measured: '1', expected: '0', description: null, samples: [] };
  await saveQuality(database.pool, runId, [
    { ...rule, rule: 'late', severity: 'warning', outcome: 'failed' },
    { ...rule, rule: 'fine', severity: 'warning', outcome: 'passed' },
  ]);
  expect(await liveDatasets(database.pool)).toMatchObject([{ failedWarnings: ['late'] }]);
});

test('old versions expire, but never the live one, the newest ones, one just left, or one that a run reads', async () => {
  for (let count = 0; count < 6; count++) await publishVersion(FLIGHTS);
  const expired = async (graceSeconds: number): Promise<number[]> =>
    (await expiredVersions(database.pool, FLIGHTS, { keep: 3, graceSeconds })).map(({ version }) => version);
  expect(await expired(600)).toEqual([]);
  await database.pool.query(`update weft.dataset_versions set superseded_at = superseded_at - interval '1 hour'`);
  expect(await expired(600)).toEqual([1, 2, 3]);
  await run(ROUTES, { [FLIGHTS]: 2 });
  expect(await expired(600)).toEqual([1, 3]);
  await database.pool.query('update weft.products set live_version = 1 where id = $1', [FLIGHTS]);
  expect(await expired(600)).toEqual([3]);
  await transaction(database.pool, (trx) => markDropped(trx, FLIGHTS, 3));
  expect(await expired(600)).toEqual([]);
});

test.each([
  ['the same shape has its data again', 'shape', 1],
  ['another shape begins without data', 'other', null],
])('a product that comes back from retirement: %s', async (_name, dataDigest, version) => {
  await publishVersion(FLIGHTS);
  await transaction(database.pool, (trx) => markRetired(trx, FLIGHTS));
  await storeRevision(database.pool, FLIGHTS, { version: '2.0.0', dataDigest });
  expect((await liveDataset(database.pool, FLIGHTS))?.version ?? null).toBe(version);
});

test('a retired product is read no more, and its history stays', async () => {
  await publishVersion(FLIGHTS);
  await transaction(database.pool, (trx) => markRetired(trx, FLIGHTS));
  expect(await liveDatasets(database.pool)).toEqual([]);
  expect(await datasetHistory(database.pool, FLIGHTS)).toHaveLength(1);
});
