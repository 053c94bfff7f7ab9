import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';

import type { ProductId } from '../../schema/ids.ts';
import { announcedRetirements, announceRetirement } from '../../schema/ledger/announced-retirements.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { decisionsOf } from '../../schema/ledger/decisions.ts';
import { liveMesh } from '../../schema/ledger/mesh.ts';
import { product } from '../../schema/ledger/products.ts';
import { promote } from '../../schema/ledger/promote.ts';
import { headSupergraph, lockHead } from '../../schema/ledger/supergraphs.ts';
import { retireDue } from '../../workflows/retire-due.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { plainPublish } from './plain-publish.ts';
import { smallProduct } from './small-product.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await cloneDatabase();
});
afterAll(() => database.drop());

const retire = (): Promise<ProductId[]> =>
  retireDue({ pool: database.pool, log: pino({ level: 'silent' }), usageDays: 30 });
const announce = (productId: ProductId, inMinutes: number): Promise<void> =>
  transaction(database.pool, (trx) =>
    announceRetirement(trx, { productId, at: new Date(Date.now() + inMinutes * 60_000), announcedBy: 'owner' }),
  );
const decided = async (id: ProductId): Promise<unknown[]> =>
  (await decisionsOf(database.pool, id, 10)).map(({ action, outcome, actor, code }) => ({
    action,
    outcome,
    actor,
    code,
  }));

async function published(name: string, further: readonly string[] = []): Promise<ProductId> {
  const folder = await smallProduct({
    name,
    content: 'id\n1\n',
    source: ['{ name: id, logicalType: integer }', '{ name: held, logicalType: integer }'],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }', ...further],
  });
  const { product: made } = await plainPublish(database.pool, folder, { refresh: false });
  await transaction(database.pool, async (trx) => {
    await lockHead(trx);
    await promote(trx, { mesh: await liveMesh(trx), cause: 'test' });
  });
  return made.id;
}

test('a product is retired when its announced time has come, once, by whichever worker, and not before', async () => {
  await published('oaks');
  const id = await published('elms');
  await announce(id, 5);
  expect(await retire()).toEqual([]);
  await announce(id, -1);
  expect((await Promise.all([retire(), retire()])).flat()).toEqual([id]);
  expect((await product(database.pool, id))?.retiredAt).toBeInstanceOf(Date);
  expect((await headSupergraph(database.pool))?.sdl).not.toContain('type Elm');
  expect(await decided(id)).toEqual([{ action: 'retire', outcome: 'done', actor: 'owner', code: null }]);
  const { rows } = await database.pool.query(
    `select payload from weft.events where type = 'product.retired' and subject = $1`,
    [id],
  );
  expect(rows).toEqual([{ payload: { dataUntil: null, consumers: [] } }]);
  expect(await announcedRetirements(database.pool)).toEqual([]);
});

test('one that is still referred to by then stays: the refusal is kept, and nothing is announced any more', async () => {
  const id = await published('roots');
  await published('stems', ['{ name: held, logicalType: integer, relationships: [{ to: roots.id }] }']);
  await announce(id, -1);
  expect(await retire()).toEqual([]);
  expect((await product(database.pool, id))?.retiredAt).toBeNull();
  expect(await decided(id)).toEqual([
    { action: 'retire', outcome: 'rejected', actor: 'owner', code: 'PRODUCT_IN_USE' },
  ]);
  expect(await announcedRetirements(database.pool)).toEqual([]);
  expect(await retire()).toEqual([]);
  expect(await decided(id)).toHaveLength(1);
});
