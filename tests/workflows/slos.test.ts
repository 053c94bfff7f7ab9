import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { ProductId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { productOf } from '../../schema/ledger/mesh.ts';
import { revisionIn } from '../../schema/ledger/products.ts';
import { restoreData } from '../../schema/ledger/restore-data.ts';
import { breaches, measuredSteps } from '../../schema/ledger/slo-standings.ts';
import { cleanBreaches, judgePunctuality, type Punctuality } from '../../schema/ledger/slos.ts';
import type { RefreshDeps } from '../../workflows/refresh/stage.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { plainPublish } from './plain-publish.ts';
import { refreshDeps, refreshHere } from './refresh-here.ts';
import { smallProduct } from './small-product.ts';

const HOUR_MS = 3_600_000;
let database: TestDatabase;
let deps: RefreshDeps;

beforeAll(async () => {
  database = await cloneDatabase();
  deps = await refreshDeps(database);
});
afterAll(() => database.drop());

/** A product that promises data of the last hour, with its first data. */
async function hourly(name: string): Promise<ProductId> {
  const folder = await smallProduct({
    name,
    content: 'id\n1\n',
    source: ['{ name: id, logicalType: integer, required: true }'],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'],
    sla: ['{ property: freshness, value: 1, unit: h }'],
  });
  const { product } = await plainPublish(database.pool, folder, { refresh: false });
  await refreshHere(deps, product.id);
  return product.id;
}

/** As if all that is known of it had happened so many hours earlier. */
async function hoursPass(id: ProductId, hours: number): Promise<void> {
  const ago = `- make_interval(hours => ${hours})`;
  await database.pool.query(
    `update weft.dataset_versions set published_at = published_at ${ago}, superseded_at = superseded_at ${ago}
      where product_id = '${id}';
     update weft.slos set promised_at = promised_at ${ago}, measured_since = measured_since ${ago}, due_at = due_at ${ago}
      where product_id = '${id}';
     update weft.slo_breaches set began_at = began_at ${ago}, ended_at = ended_at ${ago} where product_id = '${id}'`,
  );
}

function judged(id: ProductId): Promise<Punctuality> {
  return transaction(database.pool, async (trx) =>
    judgePunctuality(trx, productOf((await revisionIn(trx, id, 'live'))!)),
  );
}

async function eventsOf(id: ProductId): Promise<string[]> {
  const { rows } = await database.pool.query<{ type: string }>(
    `select type from weft.events where subject = $1 and type like 'slo.%' order by id`,
    [id],
  );
  return rows.map(({ type }) => type);
}

/** Of each version, oldest first. */
async function publishedAt(id: ProductId): Promise<Date[]> {
  const { rows } = await database.pool.query<{ at: Date }>(
    `select published_at as at from weft.dataset_versions where product_id = $1 order by version`,
    [id],
  );
  return rows.map(({ at }) => at);
}

const ofFreshness = (id: ProductId) => breaches(database.pool, { id, property: 'freshness', limit: 10 });

test('data that did not come is late from the moment at which it was due, however late that is noticed', async () => {
  const id = await hourly('noticed');
  expect((await judged(id)).late).toEqual([]);
  await hoursPass(id, 5);
  const { late, dueAt } = await judged(id);
  expect(dueAt).toBeNull();
  const [breach] = await ofFreshness(id);
  const [published] = await publishedAt(id);
  expect(breach).toMatchObject({ from: new Date(published!.getTime() + HOUR_MS), until: null });
  expect(late).toEqual([{ property: 'freshness', since: breach!.from }]);
  expect(await judged(id)).toMatchObject({ late });
  expect(await eventsOf(id)).toEqual(['slo.missed']);
});

test('it is on time again from the moment at which data is published, and what nobody noticed is known then', async () => {
  const id = await hourly('unnoticed');
  await hoursPass(id, 3);
  await refreshHere(deps, id);
  const [breach] = await ofFreshness(id);
  const [first, second] = await publishedAt(id);
  expect(breach).toMatchObject({
    from: new Date(first!.getTime() + HOUR_MS),
    until: second,
  });
  expect(await eventsOf(id)).toEqual(['slo.missed', 'slo.met']);
  expect((await judged(id)).dueAt).toEqual(new Date(second!.getTime() + HOUR_MS));
});

test('older data that is shown again is late from then on, and not before', async () => {
  const id = await hourly('restored');
  await hoursPass(id, 2);
  await refreshHere(deps, id);
  await transaction(database.pool, (trx) => restoreData(trx, { product: id, toVersion: 1 }));
  const { late } = await judged(id);
  const { rows } = await database.pool.query(
    `select superseded_at from weft.dataset_versions where product_id = $1 and version = 2`,
    [id],
  );
  expect(late).toEqual([{ property: 'freshness', since: rows[0].superseded_at }]);
});

test('a promise that is made shorter is not kept from then on, and one that is taken back is measured no more', async () => {
  const id = await hourly('promised');
  await hoursPass(id, 2);
  await database.pool.query(`update weft.slos set promised = '2 d' where product_id = $1`, [id]);
  const { late } = await judged(id);
  const { rows } = await database.pool.query(`select promised_at from weft.slos where product_id = $1`, [id]);
  expect(late).toEqual([{ property: 'freshness', since: rows[0].promised_at }]);
  await transaction(database.pool, async (trx) => {
    const product = productOf((await revisionIn(trx, id, 'live'))!);
    await judgePunctuality(trx, { ...product, sla: { ...product.sla, objectives: [] } });
  });
  const { rows: kept } = await database.pool.query(`select property from weft.slos where product_id = $1`, [id]);
  expect(kept).toEqual([]);
  expect((await ofFreshness(id))[0]?.until).not.toBeNull();
});

test('what was late in a window is what its breaches cover of it, since it was measured', async () => {
  const id = await hourly('windows');
  await hoursPass(id, 10);
  await refreshHere(deps, id);
  const ask = { ids: [id], property: 'freshness' } as const;
  const [day] = await measuredSteps(database.pool, 'age', { ...ask, hours: 24, stepHours: 24 });
  expect(day!.total / 3_600).toBeCloseTo(10, 1);
  expect(day!.good / 3_600).toBeCloseTo(1, 1);
  const steps = await measuredSteps(database.pool, 'age', { ...ask, hours: 4, stepHours: 2 });
  expect(steps.map(({ good, total }) => [Math.round(good / 60), Math.round(total / 60)])).toEqual([
    [0, 120],
    [0, 120],
  ]);
});

test('breaches that no window has any more are forgotten, but the last, since when the promise is kept', async () => {
  const id = await hourly('forgets');
  await database.pool.query(
    `insert into weft.slo_breaches (product_id, property, began_at, ended_at)
     select $1, 'freshness', now() - make_interval(days => days), now() - make_interval(days => days - 1)
       from unnest(array[400, 200, 100]) as days`,
    [id],
  );
  await cleanBreaches(database.pool);
  expect(await ofFreshness(id)).toHaveLength(1);
  await hoursPass(id, 2);
  await judged(id);
  await cleanBreaches(database.pool);
  expect(await ofFreshness(id)).toMatchObject([{ until: null }]);
});

test('rules that passed are counted of all that were executed, by the day', async () => {
  const folder = await smallProduct({
    name: 'checked',
    content: 'id\n1\n2\n',
    source: ['{ name: id, logicalType: integer, required: true }'],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'],
    quality: [
      '{ id: some, metric: rowCount, mustBeGreaterThan: 1 }',
      '{ id: many, metric: rowCount, mustBeGreaterThan: 9, severity: warning }',
      '{ id: told, type: text, description: they are nice }',
    ],
  });
  const { product } = await plainPublish(database.pool, folder, { refresh: false });
  await refreshHere(deps, product.id);
  await refreshHere(deps, product.id);
  const ask = { ids: [product.id], property: 'quality', hours: 24, stepHours: 24 } as const;
  expect(await measuredSteps(database.pool, 'checks', ask)).toMatchObject([{ good: 2, total: 4 }]);
  expect(product.sla.objectives).toMatchObject([{ property: 'quality', target: 0.99 }]);
});
