import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { type Answer, gatewayHere, type GatewayHere } from '../gateway-here.ts';
import { folderOf } from '../product-text.ts';
import { openWarehouse, registeredFolder, type Warehouse } from './warehouse.ts';
import type { ProductFolder } from '../../../gateway/publishing/read-folders.ts';

const KEY = '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }';

let gateway: GatewayHere;
let warehouse: Warehouse;
let orders: ProductFolder;

beforeAll(async () => {
  warehouse = await openWarehouse();
  await warehouse.run(`
    create table orders (id int primary key, airport_id text); create table returns (id int primary key, order_id int);
    insert into orders values (1, 'OSL'), (2, 'BGO'); insert into returns values (7, 1)`);
  gateway = await gatewayHere({ config: { secrets: () => warehouse.password } });
  const at = { at: warehouse };
  const airport = '{ name: airportId, logicalType: string, relationships: [{ to: airports.id }] }';
  const order = '{ name: orderId, logicalType: integer, relationships: [{ to: orders.id }] }';
  orders = registeredFolder({
    ...at,
    domain: 'sales',
    name: 'orders',
    objects: { orders: { properties: [KEY, airport] } },
  });
  const returns = { returns: { properties: [KEY, order] } };
  const outcome = await gateway.publish([
    folderOf({ domain: 'network', name: 'airports' }),
    orders,
    registeredFolder({ ...at, domain: 'sales', name: 'returns', objects: returns }),
  ]);
  expect([outcome.__typename, outcome.findings]).toEqual(['Published', []]);
  const run = await gateway.load('network/airports', 'airports', 'id text primary key', `values ('OSL')`);
  await gateway.ask(`{ run(id: "${run}") { phase } }`);
});
afterAll(async () => {
  await gateway.close();
  await warehouse.close();
});

const QUERY = `{
  orders(orderBy: [{ id: ASC }]) { nodes { id airport { id } returns { nodes { id } } } }
  airport(id: "OSL") { orders { totalCount } }
}`;
const RIGHT = {
  orders: {
    nodes: [
      { id: '1', airport: { id: 'OSL' }, returns: { nodes: [{ id: '7' }] } },
      { id: '2', airport: { id: 'BGO' }, returns: { nodes: [] } },
    ],
  },
  airport: { orders: { totalCount: '1' } },
};

const rename = (product: string, to: string): Promise<Answer> =>
  gateway.order(
    'mutation ($product: ID!, $to: ID!) { renameProduct(product: $product, to: $to) { id kind renamedFrom } }',
    {
      product,
      to,
    },
  );

async function exported(id: string, format: string): Promise<Record<string, string>> {
  const { data, errors } = await gateway.ask(
    'query ($id: ID!, $format: ExportFormat!) { dataProduct(id: $id) { export(format: $format) { path text } } }',
    { id, format },
  );
  expect(errors).toBeUndefined();
  return Object.fromEntries(
    data.dataProduct.export.map(({ path, text }: { path: string; text: string }) => [path, text]),
  );
}

test('it is exported as it was published, letter by letter, with its server and never its password', async () => {
  const textOf = (path: string): string => orders.files.find((file) => file.path === path)!.text;
  expect(await exported('sales/orders', 'ODCS')).toEqual({ 'tables.odcs.yaml': textOf('tables.odcs.yaml') });
  expect(await exported('sales/orders', 'ODPS')).toEqual({ 'product.odps.yaml': textOf('product.odps.yaml') });
  expect(JSON.stringify(await exported('sales/orders', 'ODCS'))).not.toContain(warehouse.password);
});

test('its part of the graph is a schema by itself, and its lineage says what it holds', async () => {
  const { 'schema.graphql': sdl } = await exported('sales/orders', 'SDL');
  const schema = buildSubgraphSchema(parse(sdl!));
  expect(Object.keys(schema.getQueryType()!.getFields())).toEqual(
    expect.arrayContaining(['order', 'orders', 'orderAggregate']),
  );
  expect(schema.getType('Return')).toBeUndefined();
  const [lineage] = Object.values(await exported('sales/orders', 'OPENLINEAGE'));
  expect(JSON.parse(lineage!)).toMatchObject({
    dataset: { name: 'orders.orders', facets: { schema: { fields: [{ name: 'id' }, { name: 'airportId' }] } } },
  });
});

/** What was answered while something was done, each answer once. */
async function answeredWhile(query: string, act: () => Promise<void>): Promise<string[]> {
  const seen = new Set<string>();
  const state = { over: false };
  const reading = (async () => {
    while (!state.over) seen.add(JSON.stringify((await gateway.ask(query)).data));
  })();
  await act().finally(() => {
    state.over = true;
  });
  await reading;
  return [...seen];
}

test('it gets another name, and every answer meanwhile is whole and right', async () => {
  const seen = await answeredWhile(QUERY, async () => {
    expect((await rename('sales/orders', 'sales/purchases')).data).toEqual({
      renameProduct: { id: 'sales/purchases', kind: 'REGISTERED', renamedFrom: ['sales/orders'] },
    });
  });
  expect(seen).toEqual([JSON.stringify(RIGHT)]);
  const { data, errors, extensions } = await gateway.ask(QUERY);
  expect([errors, data]).toEqual([undefined, RIGHT]);
  expect(extensions!.dataProducts.map(({ id }) => id)).toEqual([
    'network/airports',
    'sales/purchases',
    'sales/returns',
  ]);
});

const retire = (id: string): Promise<Answer> =>
  gateway.order(`mutation { retire(product: "${id}") { retirement { dataUntil } } }`);

test('it is retired and handed over like any other: not while others of its domain hold it, which are named', async () => {
  const held = await retire('sales/purchases');
  expect(held.errors).toMatchObject([{ extensions: { code: 'PRODUCT_IN_USE' } }]);
  expect(held.errors![0]!.message).toContain('sales/returns');
  // Returns are filtered by their orders as long as both are of one domain.
  const kept = await rename('sales/purchases', 'trade/purchases');
  expect(kept.errors).toMatchObject([{ extensions: { code: 'PRODUCT_IN_USE' } }]);
  expect(kept.errors![0]!.message).toContain('ReturnWhere');
  expect((await retire('sales/returns')).data).toEqual({ retire: { retirement: { dataUntil: null } } });
});

test('it is handed over to another domain, with its tables where they are, and found by every id that it had', async () => {
  const query = '{ airport(id: "OSL") { orders { nodes { id } } } }';
  const seen = await answeredWhile(query, async () => {
    expect((await rename('sales/purchases', 'trade/purchases')).errors).toBeUndefined();
  });
  expect(seen).toEqual(['{"airport":{"orders":{"nodes":[{"id":"1"}]}}}']);
  for (const id of ['sales/orders', 'sales/purchases', 'trade/purchases'])
    expect((await gateway.ask(`{ dataProduct(id: "${id}") { id kind domain { id } } }`)).data).toEqual({
      dataProduct: { id: 'trade/purchases', kind: 'REGISTERED', domain: { id: 'trade' } },
    });
  const { 'product.odps.yaml': text } = await exported('trade/purchases', 'ODPS');
  expect(text).toContain('domain: trade\nname: purchases\n');
});

test('its end takes its fields, and leaves the table as it is', async () => {
  expect((await retire('trade/purchases')).errors).toBeUndefined();
  expect((await gateway.ask('{ orders { totalCount } }')).status).toBe(400);
  expect((await gateway.ask('{ airport(id: "OSL") { id } }')).data).toEqual({ airport: { id: 'OSL' } });
  await expect(warehouse.run('insert into orders values (3, null)')).resolves.toBeUndefined();
});
