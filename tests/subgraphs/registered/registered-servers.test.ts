import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { judgedServer } from '../../../schema/allowed-hosts.ts';
import { checkedLookup } from '../../../schema/checked-lookup.ts';
import { openRegisteredServers } from '../../../subgraphs/registered/registered-servers.ts';
import type { PostgresServer } from '../../../schema/contract/postgres-server.ts';
import { sqlName } from '../../../schema/ids.ts';
import type { ReaderPools } from '../../../schema/reading.ts';
import { openWarehouse, type Warehouse } from '../../gateway/registered/warehouse.ts';

let warehouse: Warehouse;
beforeAll(async () => {
  warehouse = await openWarehouse();
});
afterAll(() => warehouse.close());

const server = (): PostgresServer => ({
  name: 'warehouse',
  host: '127.0.0.1',
  port: warehouse.port,
  database: warehouse.database,
  schema: sqlName('public'),
  user: warehouse.user,
  password: '${secret:P}',
  sslMode: 'disable',
});

/** Servers whose pools are there to be looked at. */
function opened(secrets: () => string | null, loopbackOnly = true) {
  const pools: ReaderPools[] = [];
  const states: string[] = [];
  const hosts = { loopbackOnly, allowedHosts: [] };
  const servers = openRegisteredServers({
    judge: (of) => judgedServer(of, hosts),
    lookup: checkedLookup(hosts),
    secrets,
    openSubgraphs: (made) => {
      pools.push(made);
      return () => ({ compile: () => null, execute: () => Promise.reject(new Error('not here')) });
    },
    onState: ({ state }) => void states.push(state),
    graceMs: 200,
  });
  return { servers, pools, states };
}

/** Waits for the backends of former clients: they end a moment after their clients did. */
async function noConnection(): Promise<void> {
  const until = Date.now() + 10_000;
  while ((await warehouse.connections()) > 0 && Date.now() < until) await sleep(20);
  expect(await warehouse.connections()).toBe(0);
}

test('one connection has one pair of pools, which end a while after the graph has no more of it', async () => {
  const { servers, pools } = opened(() => warehouse.password);
  servers.open(server());
  servers.open({ ...server(), schema: sqlName('other') });
  expect(pools).toHaveLength(1);
  await pools[0]!.quick.query('select 1');
  servers.retain([]);
  expect(servers.states()).toEqual([]);
  // What began before goes on.
  await pools[0]!.quick.query('select 1');
  await sleep(500);
  await expect(pools[0]!.quick.query('select 1')).rejects.toThrow('after calling end');
  await noConnection();
  await servers.close();
});

test('a password that changes is taken at the next connection', async () => {
  let password: string | null = null;
  const { servers, pools } = opened(() => password);
  servers.open(server());
  const [{ quick }] = pools as [ReaderPools];
  await expect(quick.query('select 1')).rejects.toMatchObject({ code: 'SOURCE_MISSING' });
  password = 'wrong';
  await expect(quick.query('select 1')).rejects.toMatchObject({ code: '28P01' });
  ({ password } = warehouse);
  await quick.query('select 1');
  await servers.close();
});

test('a host that is no longer allowed is not connected to', async () => {
  await noConnection();
  const { servers, pools } = opened(() => warehouse.password, false);
  servers.open(server());
  await expect(pools[0]!.quick.query('select 1')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(await warehouse.connections()).toBe(0);
  await servers.close();
});

test('a server that is away is not waited for after a few failures', async () => {
  const { servers, pools, states } = opened(() => warehouse.password);
  servers.open(server());
  await warehouse.be('away');
  for (let failure = 0; failure < 5; failure++)
    await expect(pools[0]!.quick.query('select 1')).rejects.toMatchObject({ code: expect.stringMatching(/ECONN/) });
  await expect(pools[0]!.slow.query('select 1')).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  expect([servers.states(), states]).toEqual([[{ name: 'warehouse', state: 'open' }], ['open']]);
  await warehouse.be('there');
  await servers.close();
});
