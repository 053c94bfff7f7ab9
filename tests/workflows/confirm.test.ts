import { randomUUID } from 'node:crypto';
import { appendFile, readFile, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { ProductFile } from '../../schema/contract/model.ts';
import type { ProductId, RunId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { arrivedAt, datasetHistory, liveDataset } from '../../schema/ledger/datasets.ts';
import { restoreData } from '../../schema/ledger/restore-data.ts';
import { runEvents } from '../../schema/ledger/run-events.ts';
import { requireRun, type RunRow, stagesOf } from '../../schema/ledger/runs.ts';
import { lateSince } from '../../schema/ledger/slo-standings.ts';
import { requestUpstreamRuns } from '../../schema/ledger/upstream-runs.ts';
import type { RefreshDeps } from '../../workflows/refresh/stage.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { plainPublish } from './plain-publish.ts';
import { finishHere, refreshDeps, refreshHere } from './refresh-here.ts';
import { type SmallProduct, smallProduct } from './small-product.ts';

const SOURCE = ['{ name: id, logicalType: integer, required: true }'];
const OUTPUT = ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'];

let database: TestDatabase;
let deps: RefreshDeps;
let server: Server;
let asked: string[] = [];
let served = { etag: '"1"', content: 'id\n1\n' };

beforeAll(async () => {
  database = await cloneDatabase();
  deps = await refreshDeps(database);
  server = createServer((request, response) => {
    const state = { etag: served.etag };
    const isKnown = request.headers['if-none-match'] === served.etag;
    asked.push(isKnown ? '304' : '200');
    if (isKnown) response.writeHead(304, state).end();
    else response.writeHead(200, { ...state, 'content-length': served.content.length }).end(served.content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await database.drop();
});

/** A product with its first data, of a file that was written an hour ago. */
async function published(name: string, more: Partial<SmallProduct> = {}): Promise<{ id: ProductId; file: string }> {
  const content = 'id\n1\n';
  const folder = await smallProduct({ name, content, source: SOURCE, output: OUTPUT, ...more });
  const file = join(folder, 'things.csv');
  if (more.content !== null) await grow(file, '');
  const { product } = await plainPublish(database.pool, folder, { refresh: false });
  expect(await refresh(product.id)).toMatchObject({ outcome: 'published', datasetVersion: 1 });
  return { id: product.id, file };
}

async function grow(file: string, line: string): Promise<void> {
  await appendFile(file, line);
  await utimes(file, new Date(), new Date(Date.now() - 3_600_000));
}

const refresh = (id: ProductId, options: { fullLoad?: boolean } = {}): Promise<RunRow> =>
  refreshHere(deps, id, undefined, { mayConfirm: true, ...options });

const stagesBegun = async ({ id }: RunRow): Promise<string[]> =>
  (await stagesOf(database.pool, id)).map(({ stage }) => stage);

const versionsOf = async (id: ProductId): Promise<number[]> =>
  (await datasetHistory(database.pool, id)).map(({ version }) => version).reverse();

test('a file that nobody touched is not read again: the live version is confirmed, and it is told so', async () => {
  const { id } = await published('still');
  const before = await liveDataset(database.pool, id);
  const run = await refresh(id);
  expect(run).toMatchObject({ phase: 'succeeded', outcome: 'confirmed', datasetVersion: 1 });
  expect(await stagesBegun(run)).toEqual(['extract', 'announce']);
  const live = await liveDataset(database.pool, id);
  expect(live).toMatchObject({ version: 1, publishedAt: before!.publishedAt, runId: before!.runId });
  expect(arrivedAt(live!)).toEqual(live!.confirmedAt);
  expect(await versionsOf(id)).toEqual([1]);
  const { rows } = await database.pool.query(
    `select type from weft.events where subject = $1 and payload ->> 'runId' = $2 and type like 'dataset.%'`,
    [id, run.id],
  );
  expect(rows).toEqual([{ type: 'dataset.confirmed' }]);
  const told = (await runEvents(database.pool, run.id)) as { eventType: string; outputs: { facets: object }[] }[];
  expect(told.map(({ eventType }) => eventType)).toEqual(['START', 'COMPLETE']);
  expect(told.at(-1)!.outputs[0]!.facets).not.toHaveProperty('version');
  expect(await refresh(id)).toMatchObject({ outcome: 'confirmed' });
});

test('a file that changed, or only may have, makes a new version', async () => {
  const { id, file } = await published('grows');
  await grow(file, '2\n');
  expect(await refresh(id)).toMatchObject({ outcome: 'published', datasetVersion: 2 });
  expect(await refresh(id)).toMatchObject({ outcome: 'confirmed', datasetVersion: 2 });
  // The same bytes, written anew.
  await writeFile(file, await readFile(file));
  expect(await refresh(id)).toMatchObject({ outcome: 'published', datasetVersion: 3 });
});

test('a file that was written a moment ago may change once more unseen: it confirms nothing', async () => {
  const { id, file } = await published('young');
  await appendFile(file, '2\n');
  await utimes(file, new Date(), new Date(Date.now() + 60_000));
  expect(await refresh(id)).toMatchObject({ outcome: 'published', datasetVersion: 2 });
  expect(await refresh(id)).toMatchObject({ outcome: 'published', datasetVersion: 3 });
});

test('a file that changes between being looked at and being read is known by what was read', async () => {
  const { id, file } = await published('between');
  await grow(file, '2\n');
  const run = await refreshHere(deps, id, async (stage) => (stage === 'extract' ? grow(file, '3\n') : undefined), {
    mayConfirm: true,
  });
  expect(run).toMatchObject({ outcome: 'published', datasetVersion: 2 });
  expect((await liveDataset(database.pool, id))!.tables['between']!.rows).toBe(3);
  expect(await refresh(id)).toMatchObject({ outcome: 'confirmed' });
});

test('a server of HTTP is asked by a condition, and once', async () => {
  const { port } = server.address() as AddressInfo;
  const location = `http://127.0.0.1:${port}/things.csv`;
  const { id } = await published('remote', {
    content: null,
    server: `{ server: web, type: custom, location: '${location}', format: csv }`,
  });
  asked = [];
  expect(await refresh(id)).toMatchObject({ outcome: 'confirmed' });
  expect(asked).toEqual(['304']);
  served = { etag: '"2"', content: 'id\n1\n2\n' };
  expect(await refresh(id)).toMatchObject({ outcome: 'published', datasetVersion: 2 });
});

test('a run that is to read all anew does', async () => {
  const { id } = await published('forced');
  expect(await refresh(id, { fullLoad: true })).toMatchObject({ outcome: 'published', datasetVersion: 2 });
});

test.each([
  ['a transformation', { transform: 'select id from clocked where now() is not null' }],
  [
    'a column',
    { output: [`${OUTPUT[0]!.slice(0, -2)}, transformLogic: 'id + extract(year from current_date)::int' }`] },
  ],
  [
    'a rule',
    { quality: [`{ id: fresh, type: sql, query: 'select count(*) from clocked where now() is null', mustBe: 0 }`] },
  ],
])('what asks for the time in %s is run each time', async (where, more) => {
  const name = `clocked${where.length}`;
  const own = JSON.parse(JSON.stringify(more).replaceAll('clocked', name)) as Partial<SmallProduct>;
  const { id } = await published(name, own);
  expect(await refresh(id)).toMatchObject({ outcome: 'published', datasetVersion: 2 });
});

test('an engine that reads files where they lie confirms too', async () => {
  const { id, file } = await published('ducks', {
    transform: 'select id from ducks',
    output: OUTPUT,
  });
  const folder = file.slice(0, -'/things.csv'.length);
  const duckdb = (files: ProductFile[]): ProductFile[] =>
    files.map((one) =>
      one.path === 'ducks.odcs.yaml'
        ? { ...one, text: `${one.text}customProperties:\n  - { property: engine, value: duckdb }\n` }
        : one,
    );
  await plainPublish(database.pool, folder, { refresh: false, change: duckdb });
  expect(await refresh(id)).toMatchObject({ outcome: 'published', datasetVersion: 2 });
  expect(await refresh(id)).toMatchObject({ outcome: 'confirmed', datasetVersion: 2 });
  await grow(file, '2\n');
  expect(await refresh(id)).toMatchObject({ outcome: 'published', datasetVersion: 3 });
});

test('after a rollback of the data it is the inputs of the version gone back to that count', async () => {
  const { id, file } = await published('back');
  await grow(file, '2\n');
  await refresh(id);
  await transaction(database.pool, (trx) => restoreData(trx, { product: id, toVersion: null }));
  expect(await refresh(id)).toMatchObject({ outcome: 'published', datasetVersion: 3 });
  expect((await liveDataset(database.pool, id))!.tables['back']!.rows).toBe(2);
});

test('another revision is run, and confirmed from then on', async () => {
  const { id, file } = await published('revised');
  const folder = file.slice(0, -'/things.csv'.length);
  const change = (files: ProductFile[]): ProductFile[] =>
    files.map((one) => (one.path.startsWith('product') ? { ...one, text: `${one.text}\ntags: [new]\n` } : one));
  await plainPublish(database.pool, folder, { refresh: false, change });
  expect(await refresh(id)).toMatchObject({ outcome: 'published', datasetVersion: 2 });
  expect(await refresh(id)).toMatchObject({ outcome: 'confirmed', datasetVersion: 2 });
});

test('what reads a product is not refreshed by its confirmation, and confirms by its version', async () => {
  const { id: root, file } = await published('root');
  const folder = await smallProduct({
    name: 'leaf',
    content: null,
    source: SOURCE,
    output: OUTPUT,
    transform: 'select id from root',
  });
  const change = (files: ProductFile[]): ProductFile[] =>
    files
      .filter(({ path }) => path !== 'source.odcs.yaml')
      .map((one) => ({ ...one, text: one.text.replace('trial/leaf/source', 'trial/root/output') }));
  const { product: leaf } = await plainPublish(database.pool, folder, { refresh: false, change });
  expect(await refresh(leaf.id)).toMatchObject({ outcome: 'published' });
  const due = (): Promise<ProductId[]> =>
    transaction(database.pool, (trx) => requestUpstreamRuns(trx, () => randomUUID() as RunId));
  expect(await refresh(root)).toMatchObject({ outcome: 'confirmed' });
  expect(await due()).not.toContain(leaf.id);
  expect(await refresh(leaf.id)).toMatchObject({ outcome: 'confirmed' });
  await grow(file, '2\n');
  expect(await refresh(root)).toMatchObject({ outcome: 'published' });
  expect(await due()).toContain(leaf.id);
});

test('data that is confirmed is fresh, and a lateness ends with it', async () => {
  const { id } = await published('hourly', { sla: ['{ property: freshness, value: 1, unit: h }'] });
  await database.pool.query(
    `update weft.dataset_versions set published_at = published_at - interval '2 hours' where product_id = $1`,
    [id],
  );
  await database.pool.query(
    `update weft.slos set promised_at = promised_at - interval '3 hours', due_at = due_at - interval '2 hours' where product_id = $1`,
    [id],
  );
  const run = await refresh(id);
  expect(run).toMatchObject({ outcome: 'confirmed' });
  expect(await lateSince(database.pool, id)).toEqual([]);
  const { rows } = await database.pool.query(
    `select ended_at is not null as over from weft.slo_breaches where product_id = $1`,
    [id],
  );
  expect(rows).toEqual([{ over: true }]);
});

test('what is kept and had nothing new is confirmed, and gone on with from where it was read to', async () => {
  const { id, file } = await published('kept', {
    content: 'id,at\n1,2026-01-01\n',
    source: [
      '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }',
      '{ name: at, logicalType: date }',
    ],
    output: [...OUTPUT, '{ name: at, logicalType: date }'],
    load: { loadMode: 'merge', watermark: 'at' },
  });
  await writeFile(file, 'id,at\n1,2026-01-01\n');
  const run = await refresh(id);
  expect(run).toMatchObject({ outcome: 'confirmed', datasetVersion: 1 });
  expect(await stagesBegun(run)).toEqual(['extract', 'land', 'announce']);
  await appendFile(file, '2,2026-01-02\n');
  expect(await refresh(id)).toMatchObject({ outcome: 'published', datasetVersion: 2 });
});

test('a run whose answer was lost after it confirmed goes on from there', async () => {
  const { id } = await published('lost');
  let lost = 0;
  const crashing: RefreshDeps = {
    ...deps,
    crash: (point) => {
      if (point === 'extract:ended' && lost++ === 0) throw new Error('The answer is lost.');
    },
  };
  await expect(refreshHere(crashing, id, undefined, { mayConfirm: true })).rejects.toThrow('lost');
  const { rows } = await database.pool.query<{ id: RunId }>(
    `select id from weft.runs where product_id = $1 order by requested_at desc limit 1`,
    [id],
  );
  const run = await requireRun(database.pool, rows[0]!.id);
  expect(run.outcome).toBe('confirmed');
  expect(await finishHere(deps, run)).toMatchObject({ phase: 'succeeded', outcome: 'confirmed' });
});
