import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { smallProduct } from '../workflows/small-product.ts';
import { gatewayHere, type GatewayHere } from './gateway-here.ts';
import { folderAt } from './product-text.ts';

const ID = '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }';
const CHANGED = '{ name: changed, logicalType: timestamp, required: true }';
const VERSION = '{ name: version, logicalType: integer, required: true }';

let database: TestDatabase;
let gateway: GatewayHere;

beforeAll(async () => {
  database = await cloneDatabase();
  gateway = await gatewayHere({ database });
  const products = [
    { name: 'orders', column: CHANGED, load: { loadMode: 'merge', watermark: 'changed' } },
    { name: 'counted', column: VERSION, load: { loadMode: 'append', watermark: 'version' } },
    { name: 'told', column: CHANGED, load: { loadMode: 'history', watermark: 'changed' } },
    { name: 'whole', column: CHANGED },
  ];
  for (const { name, column, load } of products) {
    const validity =
      name === 'told'
        ? [
            '{ name: validFrom, logicalType: timestamp, primaryKey: true, primaryKeyPosition: 2, required: true }',
            '{ name: validTo, logicalType: timestamp }',
          ]
        : [];
    const product = { name, content: null, source: [ID, column], output: [ID, ...validity] };
    const folder = await folderAt(await smallProduct(load === undefined ? product : { ...product, load }));
    expect(await gateway.publish([folder], { refresh: false })).toMatchObject({ __typename: 'Published' });
  }
});
afterAll(async () => {
  await gateway.close();
  await database.drop();
});

const BACKFILL = 'id phase from to by atOnce slices slicesRead requestedBy reason run { id }';

test('a stretch is cut into slices of a length, the last one shorter', async () => {
  const { data } = await gateway.order(
    `mutation { backfill(product: "trial/orders", from: "2026-01-31", to: "2026-04-15", by: "P1M", reason: "prices were wrong") { ${BACKFILL} } }`,
  );
  expect(data.backfill).toMatchObject({
    phase: 'READING',
    from: '2026-01-31T00:00:00.000Z',
    to: '2026-04-15T00:00:00.000Z',
    by: 'P1M',
    atOnce: 2,
    slices: 3,
    slicesRead: 0,
    reason: 'prices were wrong',
    run: null,
  });
  const { rows } = await database.pool.query(
    'select begins, ends from weft.backfill_slices where backfill_id = $1 order by nth',
    [data.backfill.id],
  );
  expect(rows).toEqual([
    { begins: '2026-01-31T00:00:00.000000Z', ends: '2026-02-28T00:00:00.000000Z' },
    { begins: '2026-02-28T00:00:00.000000Z', ends: '2026-03-28T00:00:00.000000Z' },
    { begins: '2026-03-28T00:00:00.000000Z', ends: '2026-04-15T00:00:00.000000Z' },
  ]);
  const { errors } = await gateway.order(
    'mutation { backfill(product: "trial/orders", from: "2026-01-01", to: "2026-01-02") { id } }',
  );
  expect(errors?.[0]?.extensions['code']).toBe('PRODUCT_BUSY');
  const cancelled = await gateway.order(`mutation { cancelBackfill(id: "${data.backfill.id}") { phase endedAt } }`);
  expect(cancelled.data.cancelBackfill.phase).toBe('CANCELLED');
  const listed = await gateway.order(
    '{ dataProduct(id: "trial/orders") { backfills { phase } } history(product: "trial/orders") { interventions { action reason } } }',
  );
  expect(listed.data.dataProduct.backfills).toEqual([{ phase: 'CANCELLED' }]);
  expect(listed.data.history.interventions).toEqual([
    { action: 'CANCEL', reason: null },
    { action: 'BACKFILL', reason: 'prices were wrong' },
  ]);
});

test('numbers are cut as moments are, and the end is no part of them', async () => {
  const { data } = await gateway.order(
    `mutation { backfill(product: "trial/counted", from: "0", to: "250", by: "100", atOnce: 4) { ${BACKFILL} } }`,
  );
  expect(data.backfill).toMatchObject({ slices: 3, atOnce: 4 });
  const { rows } = await database.pool.query(
    'select begins, ends from weft.backfill_slices where backfill_id = $1 order by nth',
    [data.backfill.id],
  );
  expect(rows).toEqual([
    { begins: '0', ends: '100' },
    { begins: '100', ends: '200' },
    { begins: '200', ends: '250' },
  ]);
});

test.each([
  ['of a source that is read whole', '"trial/whole", from: "2026-01-01"', 'NOT_BACKFILLABLE'],
  ['of a history', '"trial/told", from: "2026-01-01"', 'NOT_BACKFILLABLE'],
  ['by numbers of a source that has times', '"trial/orders", from: "1", to: "9"', 'NOT_BACKFILLABLE'],
  ['that ends before it begins', '"trial/orders", from: "2026-02-01", to: "2026-01-01"', 'BAD_INPUT'],
  ['from no moment', '"trial/orders", from: "last year"', 'BAD_INPUT'],
  ['from a day that there is not', '"trial/orders", from: "2026-02-31"', 'BAD_INPUT'],
  ['by no length', '"trial/orders", from: "2026-01-01", by: "often"', 'BAD_INPUT'],
  ['in more slices than are sensible', '"trial/orders", from: "2020-01-01", by: "PT1M"', 'BAD_INPUT'],
  ['by more at once than are sensible', '"trial/orders", from: "2026-01-01", atOnce: 99', 'BAD_INPUT'],
  ['of what there is not', '"trial/unknown", from: "2026-01-01"', 'NOT_FOUND'],
])('a backfill %s is refused', async (_what, args, code) => {
  const { errors } = await gateway.order(`mutation { backfill(product: ${args}) { id } }`);
  expect(errors?.[0]?.extensions['code']).toBe(code);
});
