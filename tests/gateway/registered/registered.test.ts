import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { subgraphService, type SubgraphService } from '../federation/subgraph-service.ts';
import { gatewayHere, type GatewayHere, type Tree } from '../gateway-here.ts';
import { folderOf, remoteFolder } from '../product-text.ts';
import { openWarehouse, registeredFolder, type Warehouse } from './warehouse.ts';

const KEY = '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }';
const ORDERS = {
  as: 'Order Lines',
  properties: [
    KEY,
    `{ name: airportId, physicalName: airport, logicalType: string, relationships: [{ to: airports.id }] }`,
    '{ name: customerId, logicalType: integer, physicalName: customerId, relationships: [{ to: customers.id }] }',
    '{ name: amount, logicalType: number, physicalType: "numeric(12,2)" }',
    '{ name: placedAt, logicalType: timestamp, physicalType: timestamp }',
  ],
};
const CUSTOMERS = { properties: [KEY, '{ name: name, logicalType: string, required: true }'] };
const MOODS = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { greeting: String }
type Airport @key(fields: "id") { id: ID! mood: String }
type Customer @key(fields: "id") { id: ID! points: Int }`;

let gateway: GatewayHere;
let warehouse: Warehouse;
let service: SubgraphService;

const orders = (version = '1.0.0') =>
  registeredFolder({
    domain: 'sales',
    name: 'orders',
    version,
    at: warehouse,
    objects: { orders: ORDERS, customers: CUSTOMERS },
  });

beforeAll(async () => {
  warehouse = await openWarehouse();
  await warehouse.run(`
    create table customers (id int primary key, name varchar(40) not null);
    create table "Order Lines" (id bigint primary key, airport char(3), "customerId" smallint, amount numeric(12,2), placed_at timestamp);
    insert into customers values (1, 'Ada'), (2, 'Bo');
    insert into "Order Lines" values
      (1, 'SEA', 1, 10.50, '2026-01-01 10:00:00'), (2, 'SFO', 2, 20, '2026-01-02 10:00:00.000001'), (9007199254740993, 'SEA', 2, null, null)`);
  service = await subgraphService({
    sdl: MOODS,
    resolvers: {
      Airport: { __resolveReference: ({ id }: Tree) => ({ id, mood: 'calm' }) },
      Customer: { __resolveReference: ({ id }: Tree) => ({ id, points: Number(id) * 10 }) },
    },
  });
  gateway = await gatewayHere({
    config: { secrets: (name) => (name === 'WAREHOUSE_PASSWORD' ? warehouse.password : null), answerCacheBytes: 1e7 },
  });
  await gateway.publish([folderOf({ domain: 'network', name: 'airports' })]);
  const run = await gateway.load('network/airports', 'airports', 'id text primary key', `values ('SEA'), ('SFO')`);
  await gateway.ask(`{ run(id: "${run}") { phase } }`);
  await gateway.publish([remoteFolder('moods', service.url, MOODS)]);
});
afterAll(async () => {
  await gateway.close();
  await service.close();
  await warehouse.close();
});

test('a table that is there is published by its contract alone, and live at once', async () => {
  const outcome = await gateway.publish([orders()]);
  expect(outcome.findings).toEqual([]);
  expect(outcome).toMatchObject({
    __typename: 'Published',
    products: [{ id: 'sales/orders', state: 'LIVE', run: null }],
  });
});

test('it is read through as it is: filters, orders, pages, aggregates and relationships in one statement, and never from what was kept', async () => {
  const query = `{
    orders(where: { amount: { gte: "10" } }, orderBy: [{ placedAt: DESC }], first: 1) { totalCount nodes { id } }
  }`;
  for (const _ of [1, 2, 3]) {
    const { data, errors, extensions } = await gateway.order(query, {});
    expect(errors).toBeUndefined();
    expect(data).toEqual({ orders: { totalCount: '2', nodes: [{ id: '2' }] } });
    expect(extensions!.dataProducts).toEqual([
      {
        id: 'sales/orders',
        kind: 'registered',
        version: '1.0.0',
        datasetVersion: null,
        refreshedAt: null,
        withinSlo: null,
        failedWarnings: [],
      },
    ]);
  }
  await warehouse.run(`insert into "Order Lines" values (3, 'SEA', 1, 99, '2026-02-01')`);
  expect((await gateway.ask(query)).data).toEqual({ orders: { totalCount: '3', nodes: [{ id: '3' }] } });
  await warehouse.run(`delete from "Order Lines" where id = 3`);
});

test('one query joins managed, registered and remote products, each part from where it lies', async () => {
  const { data, errors, extensions } = await gateway.ask(`{
    airports(orderBy: [{ id: ASC }], first: 1) {
      nodes { id mood orders(orderBy: [{ id: ASC }]) { totalCount nodes { id amount placedAt customerId airportId } } }
    }
    customers(orderBy: [{ id: DESC }], first: 1) { nodes { name points orders { nodes { id } } } }
  }`);
  expect(errors).toBeUndefined();
  expect(data).toEqual({
    airports: {
      nodes: [
        {
          id: 'SEA',
          mood: 'calm',
          orders: {
            totalCount: '2',
            nodes: [
              { id: '1', amount: '10.50', placedAt: '2026-01-01T10:00:00.000Z', customerId: 1, airportId: 'SEA' },
              { id: '9007199254740993', amount: null, placedAt: null, customerId: 2, airportId: 'SEA' },
            ],
          },
        },
      ],
    },
    customers: { nodes: [{ name: 'Bo', points: 20, orders: { nodes: [{ id: '2' }, { id: '9007199254740993' }] } }] },
  });
  expect(extensions!.dataProducts.map(({ id, kind }) => [id, kind])).toEqual([
    ['elsewhere/moods', 'remote'],
    ['network/airports', 'managed'],
    ['sales/orders', 'registered'],
  ]);
});
