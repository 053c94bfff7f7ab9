import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';

import type { ProductFile } from '../../schema/contract/model.ts';
import type { DomainId, ProductId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { holdDomain, pauseProduct, releaseDomain, resumeProduct } from '../../schema/ledger/pauses.ts';
import { cancelRun, failRun, runHistory, type RunRow } from '../../schema/ledger/runs.ts';
import { requestUpstreamRuns } from '../../schema/ledger/upstream-runs.ts';
import { pinInputs } from '../../workflows/refresh/pin.ts';
import type { RefreshDeps } from '../../workflows/refresh/stage.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { plainPublish } from './plain-publish.ts';
import { finishHere, refreshDeps, refreshHere } from './refresh-here.ts';
import { smallProduct } from './small-product.ts';

const SOURCE = ['{ name: id, logicalType: integer, required: true }'];
const OUTPUT = ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'];
const [ROOT, LEFT, RIGHT, TIP] = ['root', 'left', 'right', 'tip'].map((name) => `trial/${name}` as ProductId) as [
  ProductId,
  ProductId,
  ProductId,
  ProductId,
];

let database: TestDatabase;
let deps: RefreshDeps;

beforeAll(async () => {
  database = await cloneDatabase();
  deps = await refreshDeps(database);
  const root = await smallProduct({
    name: 'root',
    file: 'root.csv',
    content: 'id\n1\n',
    source: SOURCE,
    output: OUTPUT,
  });
  await plainPublish(database.pool, root, { refresh: false });
  await derived('left', { root: 'select id from root' });
  await derived('right', { root: 'select id from root' });
  await derived('tip', { left: 'select l.id from "left" l join "right" r on r.id = l.id', right: '' });
});
afterAll(() => database.drop());

/** All four have data, and have read all there is. */
beforeEach(async () => {
  await database.pool.query('delete from weft.pauses; delete from weft.holds');
  for (const { id } of await openRuns()) await transaction(database.pool, (trx) => cancelRun(trx, id));
  for (const id of [ROOT, LEFT, RIGHT, TIP]) expect(await refreshHere(deps, id)).toMatchObject({ phase: 'succeeded' });
  expect(await due()).toEqual([]);
});

/** A product that reads others: the first one's text is its transformation. */
async function derived(name: string, inputs: Record<string, string>): Promise<void> {
  const folder = await smallProduct({ name, content: null, source: SOURCE, output: OUTPUT });
  const ports = Object.keys(inputs).map(
    (input) => `  - { name: ${input}, version: 1.0.0, contractId: trial/${input}/output }\n`,
  );
  const change = (files: ProductFile[]): ProductFile[] => [
    ...files
      .filter(({ path }) => path !== 'source.odcs.yaml')
      .map((file) => ({ ...file, text: file.text.replace(/ {2}- \{ name: source.*\n/, ports.join('')) })),
    { path: 'transform.sql', text: Object.values(inputs).find((sql) => sql !== '')! },
  ];
  await plainPublish(database.pool, folder, { refresh: false, change });
}

/** What is asked for because its inputs have new data. */
function due(): Promise<ProductId[]> {
  return transaction(database.pool, (trx) => requestUpstreamRuns(trx, deps.newRunId));
}

async function openRuns(): Promise<RunRow[]> {
  const queued = await runHistory(database.pool, { phase: 'queued', limit: 100 });
  return [...queued, ...(await runHistory(database.pool, { phase: 'running', limit: 100 }))];
}

async function openRun(id: ProductId): Promise<RunRow> {
  return (await openRuns()).find(({ productId }) => productId === id)!;
}

/** Performs the run that is open of a product. */
async function perform(id: ProductId): Promise<RunRow> {
  const ended = await finishHere(deps, await openRun(id));
  expect(ended).toMatchObject({ phase: 'succeeded', error: null });
  return ended;
}

async function fail(id: ProductId): Promise<void> {
  const run = await openRun(id);
  await pinInputs(deps, { runId: run.id, productId: id, domain: 'trial' as DomainId, trigger: run.trigger });
  await transaction(database.pool, (trx) => failRun(trx, run.id, { code: 'INTERNAL', message: 'gone', findings: [] }));
}

test('the tip of a diamond is refreshed once, after both of its sides', async () => {
  await refreshHere(deps, ROOT);
  expect(await due()).toEqual([LEFT, RIGHT]);
  await perform(LEFT);
  expect(await due()).toEqual([]);
  const { datasetVersion: right } = await perform(RIGHT);
  expect(await due()).toEqual([TIP]);
  expect((await perform(TIP)).inputVersions).toMatchObject({ [RIGHT]: right });
  expect(await due()).toEqual([]);
});

test('the tip does not wait for a side that failed, nor for one that was cancelled', async () => {
  for (const end of [
    fail,
    async (id: ProductId) => transaction(database.pool, async (trx) => cancelRun(trx, (await openRun(id)).id)),
  ]) {
    await refreshHere(deps, ROOT);
    expect(await due()).toEqual([LEFT, RIGHT]);
    await perform(LEFT);
    await end(RIGHT);
    expect(await due()).toEqual([TIP]);
    await perform(TIP);
    expect(await due()).toEqual([]);
  }
});

test('the tip does not wait for a side that is paused, and follows it once it goes on', async () => {
  await transaction(database.pool, (trx) => pauseProduct(trx, { productId: RIGHT, by: 'ann', reason: null }));
  await refreshHere(deps, ROOT);
  expect(await due()).toEqual([LEFT]);
  await perform(LEFT);
  expect(await due()).toEqual([TIP]);
  await perform(TIP);
  await transaction(database.pool, (trx) => resumeProduct(trx, RIGHT));
  expect(await due()).toEqual([RIGHT]);
  await perform(RIGHT);
  expect(await due()).toEqual([TIP]);
});

test('a paused tip is not refreshed by what it reads, and once resumed it is, once', async () => {
  await transaction(database.pool, (trx) => pauseProduct(trx, { productId: TIP, by: 'ann', reason: null }));
  for (let times = 0; times < 2; times++) {
    await refreshHere(deps, ROOT);
    expect(await due()).toEqual([LEFT, RIGHT]);
    await perform(LEFT);
    await perform(RIGHT);
    expect(await due()).toEqual([]);
  }
  await transaction(database.pool, (trx) => resumeProduct(trx, TIP));
  expect(await due()).toEqual([TIP]);
});

test('in a held domain runs are asked for and stay queued, and the release starts each', async () => {
  const domainId = 'trial' as DomainId;
  await transaction(database.pool, (trx) => holdDomain(trx, { domainId, by: 'ann', reason: 'the source moves' }));
  await refreshHere(deps, ROOT);
  expect(await due()).toEqual([LEFT, RIGHT]);
  await database.pool.query('update weft.events set handled_at = now()');
  await transaction(database.pool, (trx) => releaseDomain(trx, domainId));
  const { rows } = await database.pool.query(
    `select subject from weft.events where handled_at is null and type = 'refresh.requested' order by subject`,
  );
  expect(rows).toEqual([{ subject: LEFT }, { subject: RIGHT }]);
});

test('who asks for a run while its input moves gets it at once, and another when the input has come', async () => {
  await refreshHere(deps, ROOT);
  expect(await due()).toEqual([LEFT, RIGHT]);
  expect(await refreshHere(deps, TIP)).toMatchObject({ trigger: 'manual', phase: 'succeeded' });
  await perform(LEFT);
  await perform(RIGHT);
  expect(await due()).toEqual([TIP]);
});

test('twenty who look at the same time ask for one run of each', async () => {
  await refreshHere(deps, ROOT);
  const asked = await Promise.all(Array.from({ length: 20 }, due));
  expect(new Set(asked.flat())).toEqual(new Set([LEFT, RIGHT]));
  expect((await openRuns()).map(({ productId }) => productId).sort()).toEqual([LEFT, RIGHT]);
});

test('both sides published at the same moment, the tip is refreshed once', async () => {
  await refreshHere(deps, ROOT);
  await due();
  await Promise.all([perform(LEFT).then(due), perform(RIGHT).then(due)]);
  await due();
  await perform(TIP);
  expect(await due()).toEqual([]);
});

test('a run that takes longer than an hour is not waited for', async () => {
  await refreshHere(deps, ROOT);
  await due();
  await perform(LEFT);
  await database.pool.query(
    `update weft.runs set requested_at = requested_at - interval '61 minutes' where product_id = $1 and phase = 'queued'`,
    [RIGHT],
  );
  expect(await due()).toEqual([TIP]);
});

test('a revision with a new input that was published without a refresh waits for new data of it', async () => {
  await derived('late', { root: 'select id from root' });
  expect(await due()).toEqual([]);
  await refreshHere(deps, ROOT);
  expect(await due()).toContain('trial/late');
});
