import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { ProductFile } from '../../schema/contract/model.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { liveDataset } from '../../schema/ledger/datasets.ts';
import { liveMesh } from '../../schema/ledger/mesh.ts';
import { product } from '../../schema/ledger/products.ts';
import { promote } from '../../schema/ledger/promote.ts';
import { requestDueRun } from '../../schema/ledger/runs.ts';
import { addSubscription, endSubscription } from '../../schema/ledger/subscriptions.ts';
import { headSupergraph, lockHead } from '../../schema/ledger/supergraphs.ts';
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

/** The same product with a column more, in source and output. */
function widened(column: string): (files: ProductFile[]) => ProductFile[] {
  return (files) =>
    files.map((file) => ({
      ...file,
      text: file.text.replaceAll(/^( {6}- \{ name: id,.*)$/gm, `$1\n      - { name: ${column}, logicalType: string }`),
    }));
}

async function published(name: string) {
  const folder = await smallProduct({
    name,
    content: 'id\n1\n',
    source: ['{ name: id, logicalType: integer, required: true }'],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'],
  });
  const { product: made } = await plainPublish(database.pool, folder, { refresh: false });
  await transaction(database.pool, async (trx) => {
    await lockHead(trx);
    await promote(trx, { mesh: await liveMesh(trx), cause: 'test' });
  });
  expect(await refreshHere(deps, made.id)).toMatchObject({ phase: 'succeeded', datasetVersion: 1 });
  return { id: made.id, folder };
}

test('a revision of another shape goes live with its first data, and its graph with it', async () => {
  const { id, folder } = await published('widgets');
  await plainPublish(database.pool, folder, { refresh: false, change: widened('colour') });
  expect(await product(database.pool, id)).toMatchObject({ liveRevision: 1, liveVersion: 1 });
  expect((await headSupergraph(database.pool))?.sdl).not.toContain('colour');

  // The file lacks the column still: nothing changes.
  expect((await refreshHere(deps, id)).error).toMatchObject({ code: 'SOURCE_DRIFTED' });
  expect(await product(database.pool, id)).toMatchObject({ liveRevision: 1, liveVersion: 1 });

  await writeFile(join(folder, 'things.csv'), 'id,colour\n1,red\n');
  expect(await refreshHere(deps, id)).toMatchObject({ phase: 'succeeded', revision: 2, datasetVersion: 2 });
  expect(await product(database.pool, id)).toMatchObject({ liveRevision: 2, liveVersion: 2 });
  expect((await headSupergraph(database.pool))?.sdl).toContain('colour');
});

test('a revision that would break what a consumer registered meanwhile does not go live, and does once that has ended', async () => {
  const { id, folder } = await published('levers');
  const subscriber = { productId: id, consumer: 'reports' };
  await plainPublish(database.pool, folder, {
    refresh: false,
    change: (files) =>
      files.map((file) => ({
        ...file,
        text: file.text.replace('name: id, logicalType: integer', 'name: serial, logicalType: string'),
      })),
  });
  const operation = {
    name: 'ids.graphql',
    text: '{ levers { nodes { id } } }',
    coordinates: ['Lever.id'],
    variables: null,
    expects: null,
  };
  await transaction(database.pool, (trx) =>
    addSubscription(trx, { ...subscriber, purpose: null, operations: [operation] }),
  );
  await writeFile(join(folder, 'things.csv'), 'serial\ns\n');
  const { phase, error } = await refreshHere(deps, id);
  expect([phase, error?.code]).toEqual(['failed', 'CONSUMER_BROKEN']);
  expect(error?.findings).toMatchObject([
    { code: 'CONSUMER_BROKEN', message: expect.stringMatching(/ids\.graphql, which reports registered.*"id"/) },
  ]);
  expect(await product(database.pool, id)).toMatchObject({ liveRevision: 1, liveVersion: 1 });
  expect((await headSupergraph(database.pool))?.sdl).not.toContain('serial');

  await endSubscription(database.pool, { ...subscriber, endedBy: 'reports' });
  expect(await refreshHere(deps, id)).toMatchObject({ phase: 'succeeded', revision: 2, datasetVersion: 2 });
});

test('what waited for a new shape goes live with it, and its run is asked for', async () => {
  const { id, folder } = await published('cranes');
  const lifts = await smallProduct({
    name: 'lifts',
    content: 'id,serial\n1,s\n',
    source: ['{ name: id, logicalType: integer }', '{ name: serial, logicalType: string }'],
    output: [
      '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }',
      '{ name: serial, logicalType: string, relationships: [{ to: cranes.serial }] }',
    ],
  });
  const { product: waiting } = await plainPublish(database.pool, lifts, { refresh: false, state: 'pending' });
  await plainPublish(database.pool, folder, {
    refresh: false,
    change: (files) =>
      files.map((file) => ({
        ...file,
        text: file.text.replace('name: id, logicalType: integer', 'name: serial, logicalType: string'),
      })),
  });
  expect((await refreshHere(deps, waiting.id)).error).toMatchObject({ code: 'DOES_NOT_COMPOSE' });

  await writeFile(join(folder, 'things.csv'), 'serial\ns\n');
  expect(await refreshHere(deps, id)).toMatchObject({ phase: 'succeeded', revision: 2 });
  expect(await product(database.pool, waiting.id)).toMatchObject({ liveRevision: 1 });
  expect((await headSupergraph(database.pool))?.sdl).toContain('type Lift');
  const { rows } = await database.pool.query(`select phase from weft.runs where product_id = $1 and phase = 'queued'`, [
    waiting.id,
  ]);
  expect(rows).toHaveLength(1);
  const told = await database.pool.query(
    `select subject from weft.events where type = 'product.published' and payload = '{"revision": 2}' and subject = $1`,
    [id],
  );
  // Once when it was published and once when it went live, with its schedule.
  expect(told.rows).toHaveLength(2);
});

test('data made for a revision that was overtaken is not published, and the newer one is asked for', async () => {
  const { id, folder } = await published('gadgets');
  await plainPublish(database.pool, folder, { refresh: false, change: widened('colour') });
  await writeFile(join(folder, 'things.csv'), 'id,colour,size\n1,red,big\n');
  const run = await refreshHere(deps, id, async (stage) => {
    if (stage === 'audit')
      await plainPublish(database.pool, folder, {
        refresh: false,
        change: (files) => widened('colour')(widened('size')(files)),
      });
  });
  expect(run).toMatchObject({ phase: 'failed', error: { code: 'RUN_SUPERSEDED' } });
  expect(await liveDataset(database.pool, id)).toMatchObject({ version: 1, revision: 1 });
  const { rows } = await database.pool.query(
    'select phase, revision, trigger from weft.runs where product_id = $1 order by requested_at desc limit 1',
    [id],
  );
  expect(rows).toEqual([{ phase: 'queued', revision: 3, trigger: 'publish' }]);
});

test('rows are of the revision whose rules checked them, and a newer one has a run of its own', async () => {
  const { id, folder } = await published('washers');
  const strict = (files: ProductFile[]): ProductFile[] =>
    files.map((file) =>
      file.path === 'washers.odcs.yaml'
        ? { ...file, text: `${file.text}    quality: [{ metric: rowCount, mustBeGreaterThan: 5 }]\n` }
        : file,
    );
  const run = await refreshHere(deps, id, async (stage) => {
    if (stage === 'audit') await plainPublish(database.pool, folder, { refresh: false, change: strict });
  });
  expect(run).toMatchObject({ phase: 'succeeded', revision: 1 });
  expect(await product(database.pool, id)).toMatchObject({ liveRevision: 2, liveVersion: 2 });
  expect(await liveDataset(database.pool, id)).toMatchObject({ version: 2, revision: 1 });
  const { rows } = await database.pool.query(
    `select revision, trigger from weft.runs where product_id = $1 and phase = 'queued'`,
    [id],
  );
  expect(rows).toEqual([{ revision: 2, trigger: 'publish' }]);
});

test('a run that ends asks for no other where nothing has moved', async () => {
  const { id } = await published('gizmos');
  const run = await refreshHere(deps, id);
  expect(
    await transaction(database.pool, (trx) => requestDueRun(trx, { runId: deps.newRunId(), ended: run.id })),
  ).toBeNull();
});

test('a product that is retired while its run is under way gets no data', async () => {
  const { id } = await published('doodads');
  const run = await refreshHere(deps, id, async (stage) => {
    if (stage === 'audit') await database.pool.query('update weft.products set retired_at = now() where id = $1', [id]);
  });
  expect(run).toMatchObject({ phase: 'failed', error: { code: 'PRODUCT_RETIRED' } });
  expect(await liveDataset(database.pool, id)).toMatchObject({ version: 1 });
});
