import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';

import type { ProductFile } from '../../schema/contract/model.ts';
import type { ProductId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { datasetHistory, liveDataset } from '../../schema/ledger/datasets.ts';
import { liveProducts } from '../../schema/ledger/mesh.ts';
import { markRetired } from '../../schema/ledger/products.ts';
import { moveProduct } from '../../schema/ledger/move-product.ts';
import { clearRetired } from '../../workflows/clear-retired.ts';
import type { RefreshDeps } from '../../workflows/refresh/stage.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { plainPublish } from './plain-publish.ts';
import { refreshDeps, refreshHere } from './refresh-here.ts';
import { smallProduct } from './small-product.ts';

let database: TestDatabase;
let deps: RefreshDeps;

beforeAll(async () => {
  database = await cloneDatabase();
  deps = await refreshDeps(database);
});
afterAll(() => database.drop());

const clear = (): Promise<ProductId[]> => clearRetired({ pool: database.pool, log: pino({ level: 'silent' }) });
const relations = async (name: string, schema = 'trial'): Promise<string[]> => {
  const { rows } = await database.pool.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = to_regnamespace($2) and relname like $1 || '%' and relkind in ('r', 'v')
      order by 1`,
    [name, schema],
  );
  return rows.map((row) => row.name);
};
const kept =
  (days: number) =>
  (files: ProductFile[]): ProductFile[] =>
    files.map((file) =>
      file.path.startsWith('source') || !file.path.endsWith('.odcs.yaml')
        ? file
        : { ...file, text: `${file.text}slaProperties: [{ property: retention, value: ${days}, unit: d }]\n` },
    );

async function withData(name: string): Promise<{ id: ProductId; folder: string; seconds: number | null }> {
  const folder = await smallProduct({
    name,
    content: 'id\n1\n',
    source: ['{ name: id, logicalType: integer, required: true }'],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'],
  });
  const { product } = await plainPublish(database.pool, folder, { refresh: false, change: kept(3) });
  for (let run = 0; run < 2; run++) expect(await refreshHere(deps, product.id)).toMatchObject({ phase: 'succeeded' });
  const live = (await liveProducts(database.pool)).find(({ id }) => id === product.id);
  return { id: product.id, folder, seconds: live!.sla.retentionSeconds };
}
const retire = (id: ProductId, keptForSeconds: number | null): Promise<void> =>
  transaction(database.pool, (trx) => markRetired(trx, id, { keptForSeconds }));
const later = (id: ProductId, days: number): Promise<unknown> =>
  database.pool.query(
    `update weft.products set retired_at = retired_at - make_interval(days => $2), data_until = data_until - make_interval(days => $2)
      where id = $1`,
    [id, days],
  );

test('data goes when the retention of its contract has ended, and not before; what was recorded of it stays', async () => {
  const { id, seconds } = await withData('leaves');
  expect(seconds).toBe(3 * 86_400);
  await retire(id, seconds);
  expect(await clear()).toEqual([]);
  await later(id, 2);
  expect(await clear()).toEqual([]);
  expect(await relations('leaves')).toEqual(['leaves', 'leaves__1', 'leaves__2']);
  await later(id, 2);
  expect(await Promise.all([clear(), clear()]).then((both) => both.flat())).toEqual([id]);
  expect(await relations('leaves')).toEqual([]);
  expect((await datasetHistory(database.pool, id)).map(({ droppedAt }) => droppedAt)).toEqual([
    expect.any(Date),
    expect.any(Date),
  ]);
  expect(await clear()).toEqual([]);
});

test('without a retention data is kept for good', async () => {
  const { id } = await withData('stones');
  await retire(id, null);
  await later(id, 10_000);
  expect(await clear()).toEqual([]);
  expect(await relations('stones')).toHaveLength(3);
});

test('a product that is published again keeps its data; once that went, it begins without', async () => {
  const { id, folder, seconds } = await withData('ferns');
  await retire(id, seconds);
  await later(id, 4);
  await plainPublish(database.pool, folder, { refresh: false, change: kept(3) });
  expect(await clear()).toEqual([]);
  expect((await liveDataset(database.pool, id))?.version).toBe(2);
  await retire(id, seconds);
  await later(id, 4);
  expect(await clear()).toEqual([id]);
  await plainPublish(database.pool, folder, { refresh: false, change: kept(3) });
  expect(await liveDataset(database.pool, id)).toBeNull();
  expect(await refreshHere(deps, id)).toMatchObject({ phase: 'succeeded', datasetVersion: 3 });
});

test('what somebody reads, or has built on, stays until the next time', async () => {
  const { id, seconds } = await withData('moss');
  await retire(id, seconds);
  await later(id, 4);
  await database.pool.query('create view trial.of_others as select * from trial.moss');
  expect(await clear()).toEqual([]);
  expect(await relations('moss')).toEqual(['moss', 'moss__1', 'moss__2']);
  await database.pool.query('drop view trial.of_others');
  await transaction(database.pool, async (reader) => {
    await reader.query('select * from trial.moss__2');
    expect(await clear()).toEqual([]);
  });
  expect(await clear()).toEqual([id]);
});

test('after a hand-over the next refresh lies in the new domain, and the views in the old one go', async () => {
  const { id } = await withData('roots');
  const to = 'garden/roots' as ProductId;
  await transaction(database.pool, (trx) => moveProduct(trx, { from: id, to, by: 'test' }));
  await database.pool.query(
    `update weft.product_revisions set digest = digest || 'g', files = replace(files::text, 'domain: trial', 'domain: garden')::jsonb
      where product_id = $1`,
    [to],
  );
  expect(await refreshHere(deps, to)).toMatchObject({ phase: 'succeeded', datasetVersion: 3 });
  expect([await relations('roots'), await relations('roots', 'garden')]).toEqual([
    ['roots__1', 'roots__2'],
    ['roots', 'roots__3'],
  ]);
  await database.pool.query(
    `update weft.dataset_versions set superseded_at = superseded_at - interval '1 day' where product_id = $1`,
    [to],
  );
  expect(await refreshHere(deps, to)).toMatchObject({ phase: 'succeeded', datasetVersion: 4 });
  expect([await relations('roots'), await relations('roots', 'garden')]).toEqual([
    ['roots__2'],
    ['roots', 'roots__3', 'roots__4'],
  ]);
});
