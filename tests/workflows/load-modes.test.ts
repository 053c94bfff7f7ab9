import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ProductId, RunId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { datasetVersion, liveDataset, relationOf } from '../../schema/ledger/datasets.ts';
import { productOf } from '../../schema/ledger/mesh.ts';
import { requireRevision } from '../../schema/ledger/products.ts';
import { type RunRow, stagesOf } from '../../schema/ledger/runs.ts';
import { dropVersion } from '../../workflows/refresh/drop-version.ts';
import type { RefreshDeps } from '../../workflows/refresh/stage.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { plainPublish } from './plain-publish.ts';
import { refreshDeps, refreshHere } from './refresh-here.ts';
import { smallProduct, type SmallProduct } from './small-product.ts';

let database: TestDatabase;
let deps: RefreshDeps;
beforeAll(async () => {
  database = await cloneDatabase();
  deps = await refreshDeps(database);
});
afterAll(() => database.drop());

const SOURCE = [
  '{ name: id, logicalType: integer, required: true, primaryKey: true }',
  '{ name: label, logicalType: string }',
  '{ name: at, logicalType: timestamp, required: true }',
];
const OUTPUT = [
  '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1 }',
  '{ name: label, logicalType: string }',
  '{ name: at, logicalType: timestamp }',
];
const HEAD = 'id,label,at\n';
const day = (number: number): string => `2026-01-${String(number).padStart(2, '0')}T00:00:00Z`;
const lines = (...rows: readonly (readonly [number, string, number])[]): string =>
  HEAD + rows.map(([id, label, at]) => `${id},${label},${day(at)}\n`).join('');

interface Loaded {
  readonly id: ProductId;
  /** Puts another content in the source's place and refreshes. */
  refresh(content: string): Promise<RunRow>;
  /** `id label` of each row of a version, by id; of the live one where none is given. */
  rows(version?: number): Promise<string[]>;
}

let count = 0;
async function loaded(small: Partial<SmallProduct> & Pick<SmallProduct, 'load'>): Promise<Loaded> {
  const name = `things-${++count}`;
  const folder = await smallProduct({
    name,
    content: null,
    source: SOURCE,
    output: OUTPUT,
    file: 'things.csv',
    ...small,
  });
  const { product } = await plainPublish(database.pool, folder, { refresh: false });
  const { id } = product;
  return {
    id,
    refresh: async (content) => {
      await writeFile(join(folder, 'things.csv'), content);
      return refreshHere(deps, id);
    },
    rows: async (version) => {
      const dataset =
        version === undefined ? await liveDataset(database.pool, id) : await datasetVersion(database.pool, id, version);
      const [object] = productOf(await requireRevision(database.pool, id, dataset!.revision)).objects;
      const columns = object!.properties.map(({ column }) => column);
      const { rows } = await database.pool.query<Record<string, unknown>>(
        `select * from ${relationOf(id, dataset!.tables[object!.name]!, columns)} as version order by 1, 3`,
      );
      return rows.map((row) =>
        Object.values(row)
          .map((value) => (value instanceof Date ? value.toISOString().slice(8, 10) : String(value)))
          .join(' '),
      );
    },
  };
}

const landDetail = async (runId: RunId) =>
  (await stagesOf(database.pool, runId)).find(({ stage }) => stage === 'land')!.detail;

test('merge reads from the watermark on, and each version stays as it was', async () => {
  const product = await loaded({ load: { loadMode: 'merge', watermark: 'at' } });
  expect(await product.refresh(lines([1, 'one', 1], [2, 'two', 2]))).toMatchObject({
    phase: 'succeeded',
    datasetVersion: 1,
  });
  const run = await product.refresh(lines([1, 'never read again', 1], [2, 'TWO', 2], [3, 'three', 3]));
  expect(run).toMatchObject({ phase: 'succeeded', datasetVersion: 2 });
  expect(await landDetail(run.id)).toMatchObject({ rowsRead: 2, rowsNew: 1, rowsChanged: 1, rowsSame: 0 });
  expect(await product.rows()).toEqual(['1 one 01', '2 TWO 02', '3 three 03']);
  expect(await product.rows(1)).toEqual(['1 one 01', '2 two 02']);
  const { rows } = await database.pool.query(`select count(*)::int as count from trial.things_${count}`);
  expect(rows).toEqual([{ count: 3 }]);
});

test('a source that has nothing new makes a version of the same rows', async () => {
  const product = await loaded({ load: { loadMode: 'merge', watermark: 'at' } });
  await product.refresh(lines([1, 'one', 1]));
  const run = await product.refresh(HEAD);
  expect(run).toMatchObject({ phase: 'succeeded', datasetVersion: 2 });
  expect(await product.rows()).toEqual(['1 one 01']);
  expect(await product.refresh(lines([1, 'one', 1], [2, 'two', 2]))).toMatchObject({ datasetVersion: 3 });
  expect(await product.rows()).toEqual(['1 one 01', '2 two 02']);
});

test('a first load of nothing is refused, as one that was to be whole', async () => {
  const product = await loaded({ load: { loadMode: 'merge', watermark: 'at' } });
  expect((await product.refresh(HEAD)).error).toMatchObject({ code: 'SOURCE_INCOMPLETE' });
});

test('rows that come late are found by looking back', async () => {
  const product = await loaded({ load: { loadMode: 'merge', watermark: 'at', lookBack: 'P2D' } });
  await product.refresh(lines([1, 'one', 5]));
  await product.refresh(lines([1, 'one', 5], [2, 'late', 4], [3, 'too late', 1]));
  expect(await product.rows()).toEqual(['1 one 05', '2 late 04']);
});

test('of several rows of one key the newest counts', async () => {
  const product = await loaded({ load: { loadMode: 'merge', watermark: 'at' } });
  const run = await product.refresh(lines([1, 'newest', 3], [1, 'old', 1], [2, 'two', 2]));
  expect(await landDetail(run.id)).toMatchObject({ rowsRepeated: 1 });
  expect(await product.rows()).toEqual(['1 newest 03', '2 two 02']);
});

test('rows that say that they are gone go', async () => {
  const product = await loaded({
    source: [...SOURCE, '{ name: gone, logicalType: boolean }'],
    load: { loadMode: 'merge', watermark: 'at', deletedRows: 'gone' },
  });
  await product.refresh('id,label,at,gone\n1,one,2026-01-01,\n2,two,2026-01-02,false\n3,three,2026-01-03,true\n');
  expect(await product.rows()).toEqual(['1 one 01', '2 two 02']);
  const run = await product.refresh('id,label,at,gone\n1,one,2026-01-04,true\n9,nine,2026-01-05,true\n');
  expect(await landDetail(run.id)).toMatchObject({ rowsGone: 1, rowsNew: 0 });
  expect(await product.rows()).toEqual(['2 two 02']);
});

test('rows that are missing in what is whole go, and what did not change is not written again', async () => {
  const product = await loaded({ load: { loadMode: 'merge', deletedRows: 'missing' } });
  await product.refresh(lines([1, 'one', 1], [2, 'two', 2], [3, 'three', 3]));
  const run = await product.refresh(lines([1, 'one', 1], [3, 'THREE', 3], [4, 'four', 4]));
  expect(await landDetail(run.id)).toMatchObject({ rowsGone: 1, rowsNew: 1, rowsChanged: 1, rowsSame: 1 });
  expect(await product.rows()).toEqual(['1 one 01', '3 THREE 03', '4 four 04']);
  expect((await product.refresh(HEAD)).error).toMatchObject({ code: 'SOURCE_INCOMPLETE' });
  expect(await product.rows()).toHaveLength(3);
});

test('append adds what has a new key, and changes nothing', async () => {
  const product = await loaded({ load: { loadMode: 'append' } });
  await product.refresh(lines([1, 'one', 1]));
  const run = await product.refresh(lines([1, 'another', 1], [2, 'two', 2]));
  expect(await landDetail(run.id)).toMatchObject({ rowsNew: 1, rowsSame: 1 });
  expect(await product.rows()).toEqual(['1 one 01', '2 two 02']);
});

test('what a failed run merged is never seen, and the next run begins from the live version', async () => {
  const product = await loaded({
    load: { loadMode: 'merge', watermark: 'at' },
    quality: ['{ type: library, metric: rowCount, mustBeLessThan: 4, severity: error }'],
  });
  await product.refresh(lines([1, 'one', 1], [2, 'two', 2]));
  const failed = await product.refresh(lines([2, 'TWO', 3], [3, 'three', 3], [4, 'four', 3]));
  expect(failed.error).toMatchObject({ code: 'QUALITY_FAILED' });
  expect(await product.rows()).toEqual(['1 one 01', '2 two 02']);
  expect(await product.refresh(lines([3, 'three', 3]))).toMatchObject({ phase: 'succeeded', datasetVersion: 2 });
  expect(await product.rows()).toEqual(['1 one 01', '2 two 02', '3 three 03']);
});

test('a value that must be unique is not merged beside another of its kind', async () => {
  const product = await loaded({
    load: { loadMode: 'merge', watermark: 'at' },
    output: [OUTPUT[0]!, '{ name: label, logicalType: string, unique: true }', OUTPUT[2]!],
  });
  await product.refresh(lines([1, 'one', 1], [2, 'two', 2]));
  const run = await product.refresh(lines([3, 'one', 3]));
  expect(run.error).toMatchObject({ code: 'QUALITY_FAILED', message: expect.stringContaining('such as "one"') });
  expect(await product.refresh(lines([1, 'uno', 4], [3, 'one', 4]))).toMatchObject({ phase: 'succeeded' });
  expect(await product.rows()).toEqual(['1 uno 04', '2 two 02', '3 one 04']);
});

test('after a rollback the next run goes on from the version that is live', async () => {
  const product = await loaded({ load: { loadMode: 'merge', watermark: 'at' } });
  await product.refresh(lines([1, 'one', 1], [2, 'two', 1]));
  await product.refresh(lines([1, 'bad', 2], [3, 'worse', 2]));
  await product.refresh(lines([2, 'bad too', 3]));
  await database.pool.query('update weft.products set live_version = 1 where id = $1', [product.id]);
  expect(await product.rows()).toEqual(['1 one 01', '2 two 01']);
  const run = await product.refresh(lines([1, 'mended', 4], [4, 'four', 4]));
  expect(run).toMatchObject({ phase: 'succeeded', datasetVersion: 4 });
  expect(await product.rows()).toEqual(['1 mended 04', '2 two 01', '4 four 04']);
  expect(await product.rows(2)).toEqual(['1 bad 02', '2 two 01', '3 worse 02']);
  expect(await product.rows(3)).toEqual(['1 bad 02', '2 bad too 03', '3 worse 02']);
  expect(await product.rows(1)).toEqual(['1 one 01', '2 two 01']);
});

test('a version that is dropped leaves the rows of the others', async () => {
  const product = await loaded({ load: { loadMode: 'merge', watermark: 'at' } });
  await product.refresh(lines([1, 'one', 1]));
  await product.refresh(lines([1, 'ONE', 2]));
  await product.refresh(lines([2, 'two', 3]));
  const first = (await datasetVersion(database.pool, product.id, 1))!;
  await transaction(database.pool, (trx) => dropVersion(trx, product.id, first));
  expect(await product.rows(2)).toEqual(['1 ONE 02']);
  expect(await product.rows()).toEqual(['1 ONE 02', '2 two 03']);
  const table = `trial.${first.tables[`things-${count}`]!.table}`;
  const { rows } = await database.pool.query(`select count(*)::int as count from ${table}`);
  expect(rows).toEqual([{ count: 2 }]);
});

const HISTORY_OUTPUT = [
  ...OUTPUT,
  '{ name: validFrom, logicalType: timestamp, primaryKey: true, primaryKeyPosition: 2 }',
  '{ name: validTo, logicalType: timestamp }',
];

test('a history keeps each row with the time that it was so', async () => {
  const product = await loaded({ load: { loadMode: 'history', watermark: 'at' }, output: HISTORY_OUTPUT });
  await product.refresh(lines([1, 'one', 1], [2, 'two', 1]));
  const run = await product.refresh(lines([1, 'one', 1], [2, 'TWO', 3], [3, 'three', 3]));
  expect(await landDetail(run.id)).toMatchObject({ rowsNew: 1, rowsChanged: 1, rowsSame: 1 });
  expect(await product.rows()).toEqual([
    '1 one 01 01 null',
    '2 two 01 01 03',
    '2 TWO 03 03 null',
    '3 three 03 03 null',
  ]);
  await product.refresh(lines([2, 'Two', 5]));
  expect(await product.rows()).toEqual([
    '1 one 01 01 null',
    '2 two 01 01 03',
    '2 TWO 03 03 05',
    '2 Two 05 05 null',
    '3 three 03 03 null',
  ]);
  expect(await product.rows(1)).toEqual(['1 one 01 01 null', '2 two 01 01 null']);
});

test('a history of whole sources ends rows that are missing', async () => {
  const product = await loaded({ load: { loadMode: 'history', deletedRows: 'missing' }, output: HISTORY_OUTPUT });
  await product.refresh(lines([1, 'one', 1], [2, 'two', 1]));
  const run = await product.refresh(lines([1, 'one', 1]));
  expect(await landDetail(run.id)).toMatchObject({ rowsGone: 1, rowsSame: 1, rowsNew: 0 });
  const rows = await product.rows();
  expect(rows[0]).toMatch(/^1 one 01 \d\d null$/);
  expect(rows[1]).toMatch(/^2 two 01 \d\d \d\d$/);
  await product.refresh(lines([1, 'one', 1], [2, 'again', 1]));
  expect(await product.rows()).toHaveLength(3);
});

test('what a transformation reads is kept, and it makes all of its output of it', async () => {
  const product = await loaded({
    sourceObject: 'events',
    load: { loadMode: 'merge', watermark: 'at' },
    transform: 'select id, upper(label) as label, at from events',
  });
  await product.refresh(lines([1, 'one', 1], [2, 'two', 2]));
  expect(await product.refresh(lines([2, 'zwei', 3], [3, 'three', 3]))).toMatchObject({ phase: 'succeeded' });
  expect(await product.rows()).toEqual(['1 ONE 01', '2 ZWEI 03', '3 THREE 03']);
  expect(await product.rows(1)).toEqual(['1 ONE 01', '2 TWO 02']);
});

test('a source of another shape is loaded anew, and so is one that is asked for whole', async () => {
  const product = await loaded({ load: { loadMode: 'merge', watermark: 'at' } });
  await product.refresh(lines([1, 'one', 1], [2, 'two', 2]));
  await database.pool.query(
    `update weft.kept_tables set shape = 'other' where run_id = (select run_id from weft.dataset_versions where product_id = $1)`,
    [product.id],
  );
  await product.refresh(lines([2, 'two', 2]));
  expect(await product.rows()).toEqual(['2 two 02']);
  expect(await product.rows(1)).toEqual(['1 one 01', '2 two 02']);
});
