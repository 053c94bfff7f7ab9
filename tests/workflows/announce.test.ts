import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { ProductId } from '../../schema/ids.ts';
import { stagesOf } from '../../schema/ledger/runs.ts';
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

async function published(name: string): Promise<{ id: ProductId; folder: string }> {
  const folder = await smallProduct({
    name,
    content: 'id\n1\n2\n',
    source: ['{ name: id, logicalType: integer, required: true }'],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'],
  });
  const { product } = await plainPublish(database.pool, folder, { refresh: false });
  await refresh(product.id);
  return { id: product.id, folder };
}

/** Refreshes, as of a day later: old versions are past their grace. Answers what the announcement said. */
async function refresh(id: ProductId): Promise<Record<string, unknown>> {
  await database.pool.query(`update weft.dataset_versions set superseded_at = superseded_at - interval '1 day'`);
  const run = await refreshHere(deps, id);
  expect(run).toMatchObject({ phase: 'succeeded', error: null });
  return (await stagesOf(database.pool, run.id)).find(({ stage }) => stage === 'announce')!.detail;
}

async function versions(id: ProductId): Promise<Record<number, boolean>> {
  const { rows } = await database.pool.query<{ version: number; dropped: boolean }>(
    'select version, dropped_at is not null as dropped from weft.dataset_versions where product_id = $1',
    [id],
  );
  return Object.fromEntries(rows.map(({ version, dropped }) => [version, dropped]));
}

async function relations(prefix: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    `select c.relname as name from pg_class c where c.relnamespace = 'trial'::regnamespace and c.relkind in ('r', 'v')
        and c.relname like $1 || '%' order by 1`,
    [prefix],
  );
  return rows.map(({ name }) => name);
}

test('an object that was renamed leaves no view behind, and its old tables go in their time', async () => {
  const { id, folder } = await published('gears');
  await plainPublish(database.pool, folder, {
    refresh: false,
    change: (files) =>
      files.map((file) =>
        file.path === 'gears.odcs.yaml' ? { ...file, text: file.text.replace('- name: gears', '- name: cogs') } : file,
      ),
  });
  await refresh(id);
  expect(await relations('cogs')).toEqual(['cogs', 'cogs__2']);
  expect(await relations('gears')).toEqual(['gears__1']);
  for (let version = 3; version <= 4; version++) await refresh(id);
  expect(await versions(id)).toEqual({ 1: true, 2: false, 3: false, 4: false });
  expect(await relations('gears')).toEqual([]);
});

test('a table that a view of the user reads is kept, and holds up neither the run nor the dropping of others', async () => {
  const { id } = await published('wheels');
  await database.pool.query('create view public.mine as select * from trial.wheels__1');
  for (let version = 2; version <= 4; version++) await refresh(id);
  expect(await refresh(id)).toMatchObject({ versionsDropped: 1, versionsInUse: '1' });
  expect(await versions(id)).toEqual({ 1: false, 2: true, 3: false, 4: false, 5: false });
  await database.pool.query('drop view public.mine');
  await refresh(id);
  expect((await versions(id))[1]).toBe(true);
});

test('a view that the user made of a published one goes on with each version', async () => {
  const { id } = await published('belts');
  await database.pool.query('create view public.theirs as select count(*)::int as belts from trial.belts');
  await refresh(id);
  expect(await relations('belts')).toContain('belts');
  const { rows } = await database.pool.query(
    `select pg_get_viewdef('trial.belts'::regclass) like '%belts\\_\\_2%' as moved, belts from public.theirs`,
  );
  expect(rows).toEqual([{ moved: true, belts: 2 }]);
});

test('a table of that name which is not ours stays, and the run ends well', async () => {
  const folder = await smallProduct({
    name: 'bolts',
    content: 'id\n1\n',
    source: ['{ name: id, logicalType: integer, required: true }'],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'],
  });
  await database.pool.query('create schema if not exists trial; create table trial.bolts (mine text)');
  const { product } = await plainPublish(database.pool, folder, { refresh: false });
  expect(await refresh(product.id)).toMatchObject({ viewsNotMoved: 'bolts (not a view of ours)' });
});
