import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { gatewayHere, type GatewayHere } from './gateway-here.ts';
import { folderOf } from './product-text.ts';

let database: TestDatabase;
let gateways: GatewayHere[];

beforeAll(async () => {
  database = await cloneDatabase();
  gateways = await Promise.all([gatewayHere({ database }), gatewayHere({ database })]);
});
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await database.drop();
});

test('two gateways that start at once on an empty ledger make one graph', async () => {
  const { rows } = await database.pool.query('select cause from weft.supergraphs');
  expect(rows).toEqual([{ cause: 'catalog' }]);
  for (const gateway of gateways) expect((await gateway.ask('{ domains { id } }')).data).toEqual({ domains: [] });
});

test('what is published at one is soon served by the other', async () => {
  const [one, other] = gateways as [GatewayHere, GatewayHere];
  await one.publish([folderOf({ domain: 'network', name: 'airports' })]);
  // Until the test's own limit: it hears of it by NOTIFY, or looks every 2 s.
  while ((await other.ask('{ airports { totalCount } }')).status !== 200) await sleep(20);
});

test('a version with another catalog puts it into the graph when it starts', async () => {
  await database.pool.query(
    `update weft.subgraphs set sdl = replace(sdl, 'contextMap: [Relationship!]!', '') where name = 'catalog'`,
  );
  const upgraded = await gatewayHere({ database });
  const { rows } = await database.pool.query(
    `select revision, sdl like '%contextMap: [Relationship!]!%' as whole from weft.subgraphs where name = 'catalog' order by revision`,
  );
  expect(rows).toEqual([
    { revision: 1, whole: false },
    { revision: 2, whole: true },
  ]);
  expect((await upgraded.ask('{ contextMap { kind } airports { totalCount } }')).errors).toBeUndefined();
  await upgraded.close();
});
