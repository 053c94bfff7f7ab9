import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { weft } from './cli/weft.ts';
import { type Answer, gatewayHere, type GatewayHere, KEY } from './gateway-here.ts';
import { folderOf } from './product-text.ts';

let gateway: GatewayHere;
let consumer: string;

beforeAll(async () => {
  gateway = await gatewayHere({ config: { usageDays: 30 } });
  await gateway.publish([
    folderOf({ domain: 'stock', name: 'bins' }),
    folderOf({
      domain: 'hall',
      name: 'shelves',
      properties: ['{ name: binId, logicalType: string, relationships: [{ to: bins.id }] }'],
    }),
  ]);
  const { data } = await gateway.order('mutation { createApiKey(consumer: "reports", role: CONSUMER) { key } }');
  consumer = data.createApiKey.key;
  await gateway.ask('mutation { subscribe(product: "stock/bins", operations: []) { consumer } }', {}, as(consumer));
});
afterAll(() => gateway.close());

const as = (key: string) => ({ authorization: `Bearer ${key}` });
const retire = (product: string, at: string | null): Promise<Answer> =>
  gateway.order(
    `mutation ($product: ID!, $at: DateTime) { retire(product: $product, at: $at) {
       status retiresAt retirement { at heldBy consumers { name subscribes } } } }`,
    { product, at },
  );
const cancel = (): Promise<Answer> =>
  gateway.order('mutation { cancelRetirement(product: "stock/bins") { retiresAt } }');
const decisions = async (product: string): Promise<unknown> =>
  (
    await gateway.ask(
      `query ($product: ID!) { history(product: $product) { decisions { action outcome actor code renamedFrom renamedTo retiresAt } } }`,
      { product },
    )
  ).data.history.decisions;
const command = (...args: string[]) => weft(args, { env: { WEFT_KEY: KEY, WEFT_URL: gateway.url } });
const decision = { actor: 'admin', code: null, renamedFrom: null, renamedTo: null, retiresAt: null };

test('an announced retirement is told to consumers, names who holds the product, stands in the catalog, and can be taken back', async () => {
  const at = new Date(Date.now() + 24 * 60 * 60 * 1_000).toISOString();
  const { data, errors } = await retire('stock/bins', at);
  expect(errors).toBeUndefined();
  const consumers = [{ name: 'reports', subscribes: true }];
  expect(data.retire).toMatchObject({ retiresAt: at, retirement: { at, heldBy: ['hall/shelves'], consumers } });
  expect(data.retire.status).not.toBe('retired');
  const mine = '{ me { retiring { id retiresAt } } dataProduct(id: "stock/bins") { retiresAt } }';
  expect((await gateway.ask(mine, {}, as(consumer))).data).toEqual({
    me: { retiring: [{ id: 'stock/bins', retiresAt: at }] },
    dataProduct: { retiresAt: at },
  });
  expect((await weft(['whoami'], { env: { WEFT_KEY: consumer, WEFT_URL: gateway.url } })).err).toContain(
    `stock/bins, which you use, is to be retired at ${at}.`,
  );
  expect((await cancel()).data).toEqual({ cancelRetirement: { retiresAt: null } });
  expect((await cancel()).errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  const { rows } = await gateway.database.pool.query(
    `select type, payload -> 'consumers' -> 0 ->> 'name' as told from weft.events where subject = 'stock/bins' order by id desc limit 2`,
  );
  expect(rows).toEqual([
    { type: 'product.stays', told: 'reports' },
    { type: 'product.retiring', told: 'reports' },
  ]);
  expect(await decisions('stock/bins')).toMatchObject([
    { ...decision, action: 'CANCEL_RETIREMENT', outcome: 'DONE' },
    { ...decision, action: 'ANNOUNCE_RETIREMENT', outcome: 'DONE', retiresAt: at },
    { action: 'PUBLISH' },
  ]);
});

test.each(['yesterday', '2001-01-01T00:00:00Z', '9999-01-01T00:00:00Z'])('nothing is retired at %s', async (at) => {
  expect((await retire('stock/bins', at)).errors).toMatchObject([{ extensions: { code: 'BAD_INPUT' } }]);
});

test('renaming and retiring are decisions with their actor, and so are their refusals; the command line shows them', async () => {
  expect((await retire('stock/bins', null)).errors).toMatchObject([{ extensions: { code: 'PRODUCT_IN_USE' } }]);
  const rename = (to: string): Promise<Answer> =>
    gateway.order('mutation ($to: ID!) { renameProduct(product: "hall/shelves", to: $to) { id } }', { to });
  expect((await rename('stock/bins')).errors).toMatchObject([{ extensions: { code: 'PRODUCT_ID_TAKEN' } }]);
  expect((await rename('hall/racks')).errors).toBeUndefined();
  expect((await retire('hall/racks', null)).errors).toBeUndefined();
  const refused = { ...decision, outcome: 'REJECTED' };
  expect(await decisions('stock/bins')).toContainEqual({ ...refused, action: 'RETIRE', code: 'PRODUCT_IN_USE' });
  const named = { renamedFrom: 'hall/shelves', renamedTo: 'hall/racks' };
  expect(await decisions('hall/racks')).toMatchObject([
    { ...decision, action: 'RETIRE', outcome: 'DONE' },
    { ...decision, ...named, action: 'RENAME', outcome: 'DONE' },
    { ...refused, ...named, renamedTo: 'stock/bins', action: 'RENAME', code: 'PRODUCT_ID_TAKEN' },
    { action: 'PUBLISH', outcome: 'PUBLISHED' },
  ]);
  const { out } = await command('history', 'hall/racks');
  expect(out).toMatch(/Life[\s\S]*admin +retire\n[\s\S]*admin +rename from hall\/shelves to hall\/racks/);
  expect(out).toMatch(/Refused[\s\S]*rename from hall\/shelves to stock\/bins[\s\S]*PRODUCT_ID_TAKEN/);
});

test('the command line announces a retirement and takes it back', async () => {
  const announced = await command('retire', 'stock/bins', '--at', '30d', '--yes');
  expect([announced.code, announced.out]).toEqual([0, expect.stringMatching(/^stock\/bins +1\.0\.0 +retires at /)]);
  expect((await command('product', 'stock/bins')).out).toMatch(/^retires +\d{4}-/m);
  expect((await command('retire', 'stock/bins', '--at', 'soon', '--yes')).code).toBe(2);
  expect((await command('retire', 'stock/bins', '--cancel', '--at', '30d')).code).toBe(2);
  expect((await command('retire', 'stock/bins', '--cancel')).out).toBe('stock/bins  stays\n');
  expect((await command('product', 'stock/bins')).out).not.toMatch(/^retires/m);
});
