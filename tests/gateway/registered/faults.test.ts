import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { gatewayHere, type GatewayHere } from '../gateway-here.ts';
import { folderOf } from '../product-text.ts';
import { openWarehouse, registeredFolder, type Warehouse } from './warehouse.ts';

const KEY = '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }';

let gateway: GatewayHere;
let warehouse: Warehouse;
let other: Warehouse;

const passwords: Record<string, string> = {};
const shops = (version = '1.0.0', at = warehouse) =>
  registeredFolder({
    domain: 'sales',
    name: 'shops',
    version,
    at,
    objects: {
      shops: {
        properties: [KEY, '{ name: name, logicalType: string, required: true }', '{ name: town, logicalType: string }'],
      },
    },
  });

beforeAll(async () => {
  warehouse = await openWarehouse();
  other = await openWarehouse();
  passwords['WAREHOUSE_PASSWORD'] = warehouse.password;
  passwords['OTHER_PASSWORD'] = other.password;
  await warehouse.run(`create table shops (id int primary key, name text not null, town text)`);
  await other.run(`create table bikes (id int primary key); insert into bikes values (7)`);
  gateway = await gatewayHere({ config: { secrets: (name) => passwords[name] ?? null } });
  await gateway.publish([folderOf({ domain: 'network', name: 'airports' })]);
  const run = await gateway.load('network/airports', 'airports', 'id text primary key', `values ('SEA')`);
  await gateway.ask(`{ run(id: "${run}") { phase } }`);
  const bikes = registeredFolder({
    domain: 'sales',
    name: 'bikes',
    at: other,
    server: 'other',
    secret: '${secret:OTHER_PASSWORD}',
    objects: { bikes: { properties: [KEY] } },
  });
  expect(await gateway.publish([shops(), bikes])).toMatchObject({ __typename: 'Published', findings: [] });
});
beforeEach(async () => {
  await warehouse.be('there');
  await warehouse.run(`truncate shops; insert into shops values (1, 'Oslo', 'Oslo'), (2, 'Bergen', null)`);
});
afterAll(async () => {
  await gateway.close();
  await warehouse.close();
  await other.close();
});

const SHOPS = '{ shops { nodes { id name town } } }';
const ALL = '{ airports { nodes { id } } shops { nodes { id } } bikes { nodes { id } } }';
const BYSTANDERS = { airports: { nodes: [{ id: 'SEA' }] }, bikes: { nodes: [{ id: '7' }] } };

/** Its breaker closes with the first connection that is made after a pause. */
async function healed(): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if ((await gateway.ask(SHOPS)).errors === undefined) return;
    await sleep(150);
  }
  throw new Error('It does not heal');
}

test('a server that is away takes its own part of an answer, with one error that says so, and is back when it is', async () => {
  await gateway.ask(SHOPS);
  await warehouse.be('away');
  for (let round = 0; round < 8; round++) {
    const { data, errors } = await gateway.ask(ALL);
    expect(data).toEqual({ ...BYSTANDERS, shops: null });
    expect(errors).toEqual([
      expect.objectContaining({
        path: ['shops'],
        extensions: expect.objectContaining({ code: 'DATABASE_UNREACHABLE', status: 503, retry: true }),
      }),
    ]);
    expect(errors![0]!.message).toContain('warehouse');
  }
  expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain(
    'weft_registered_breaker_state{server="warehouse"} 2',
  );
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  await warehouse.be('there');
  await healed();
  expect((await gateway.ask(ALL)).data).toEqual({ ...BYSTANDERS, shops: { nodes: [{ id: '1' }, { id: '2' }] } });
  expect(JSON.stringify(gateway.log)).not.toContain(warehouse.password);
}, 60_000);

test('a server that says nothing any more holds up nobody else, and is given up', async () => {
  await healed();
  await warehouse.be('silent');
  const stuck = Array.from({ length: 30 }, (_, at) => gateway.ask(`{ shops(first: ${at + 1}) { nodes { id } } }`));
  for (let round = 0; round < 10; round++) {
    const began = performance.now();
    expect((await gateway.ask('{ airports { nodes { id } } bikes { nodes { id } } }')).data).toEqual(BYSTANDERS);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  }
  const codes = (await Promise.all(stuck)).map(({ errors }) => errors![0]!.extensions['code'] as string);
  expect(new Set(codes).size).toBeGreaterThan(0);
  for (const code of codes) expect(['DATABASE_UNREACHABLE', 'OVERLOADED']).toContain(code);
  expect(await warehouse.connections()).toBeLessThanOrEqual(6);
  await warehouse.be('there');
  await healed();
}, 60_000);

test('a slow statement is stopped in its time, and quick ones go on beside it', async () => {
  await warehouse.run(`
    alter table shops rename to shops_kept;
    create view shops as select id, name, town || case when town = 'Oslo' then pg_sleep(30)::text else '' end as town from shops_kept`);
  const slow = gateway.ask('{ shops(where: { town: { eq: "x" } }) { nodes { id } } }');
  await sleep(700);
  const began = performance.now();
  expect((await gateway.ask('{ shop(id: 2) { id } }')).data).toEqual({ shop: { id: '2' } });
  expect(performance.now() - began).toBeLessThan(1_000);
  const { data, errors } = await slow;
  expect(data).toEqual({ shops: null });
  expect(errors![0]!.extensions).toMatchObject({ code: 'QUERY_TIMEOUT' });
  await warehouse.run(`drop view shops; alter table shops_kept rename to shops`);
}, 60_000);

test.each<[string, string, string, string]>([
  [
    'a column that is gone',
    'alter table shops rename column town to city',
    'SOURCE_DRIFTED',
    'alter table shops rename column city to town',
  ],
  [
    'a table that is gone',
    'alter table shops rename to shops_2',
    'SOURCE_MISSING',
    'alter table shops_2 rename to shops',
  ],
  [
    'a column of another type',
    `alter table shops alter id type text`,
    'SOURCE_DRIFTED',
    'alter table shops alter id type int using id::int',
  ],
  [
    'a view that fails',
    `alter table shops rename to shops_kept; create view shops as select id / 0 as id, name, town from shops_kept`,
    'SOURCE_FAILED',
    'drop view shops; alter table shops_kept rename to shops',
  ],
])('%s since it was published is an error that says so, at its place alone', async (_name, change, code, back) => {
  await healed();
  await warehouse.run(change);
  const { data, errors } = await gateway.ask(
    '{ airports { nodes { id } } bikes { nodes { id } } shops(where: { id: { gt: 0 } }) { nodes { id town } } }',
  );
  await warehouse.run(back);
  expect(data).toEqual({ ...BYSTANDERS, shops: null });
  expect(errors).toHaveLength(1);
  expect(errors![0]!.path).toEqual(['shops']);
  expect(errors![0]!.extensions).toMatchObject({ code });
  expect((await gateway.ask(SHOPS)).errors).toBeUndefined();
});

test('where a value is missing that the contract promises, GraphQL says so at its place, and nowhere where it is not asked for', async () => {
  await warehouse.run(`alter table shops alter name drop not null; insert into shops values (3, null, 'Bodø')`);
  expect((await gateway.ask('{ shops(orderBy: [{ name: ASC }]) { totalCount nodes { id } } }')).data).toEqual({
    shops: { totalCount: '3', nodes: [{ id: '2' }, { id: '1' }, { id: '3' }] },
  });
  const { data, errors } = await gateway.ask(
    '{ shops { nodes { id name } } shop(id: 3) { name } one: shop(id: 1) { name } }',
  );
  expect(data).toEqual({ shops: null, shop: null, one: { name: 'Oslo' } });
  expect(errors!.map(({ path }) => path)).toEqual(
    expect.arrayContaining([
      ['shops', 'nodes', 2, 'name'],
      ['shop', 'name'],
    ]),
  );
  const cursors = await gateway.ask('{ shops(orderBy: [{ name: ASC }]) { edges { cursor } } }');
  expect(cursors.data).toEqual({ shops: null });
  expect(cursors.errors![0]!.path).toEqual(['shops', 'edges', 2, 'cursor']);
  await warehouse.run(`delete from shops where name is null; alter table shops alter name set not null`);
});

test('a publish that moves the server is answered by the new one, and no request fails meanwhile', async () => {
  await healed();
  await other.run(
    `create table shops (id int primary key, name text not null, town text); insert into shops values (9, 'Moss', null)`,
  );
  passwords['WAREHOUSE_PASSWORD'] = other.password;
  let moving = true;
  const answers = new Set<string>();
  const client = async (): Promise<void> => {
    while (moving) {
      const { data, errors } = await gateway.ask('{ shops(first: 1) { nodes { id } } }');
      answers.add(errors === undefined ? (data.shops.nodes[0].id as string) : errors[0]!.message);
    }
  };
  const clients = [client(), client()];
  expect(await gateway.publish([shops('1.0.1', other)])).toMatchObject({ __typename: 'Published' });
  await sleep(300);
  moving = false;
  await Promise.all(clients);
  expect([...answers].sort()).toEqual(['1', '9']);
  passwords['WAREHOUSE_PASSWORD'] = warehouse.password;
});
