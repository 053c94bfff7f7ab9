import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { folderOf, weft, type Ran } from '../gateway/cli/weft.ts';
import { gatewayHere, type GatewayHere } from '../gateway/gateway-here.ts';
import { openWarehouse, type Warehouse } from '../gateway/registered/warehouse.ts';
import { firstMessage, killHard } from '../testkit/processes.ts';
import { removeHome } from '../testkit/servers.ts';
import { temporaryHome } from '../testkit/temporary-home.ts';
import { testTemporal } from '../testkit/temporal.ts';
import { startWorker, type WorkerProcess } from '../workflows/worker-process.ts';

/** What three teams have that have never heard of Weft: a file, a service of another make, a table. */
const place = folderOf({ 'stations.csv': 'id,name,platforms\nOSL,Oslo,19\nBGO,Bergen,4\nTRD,Trondheim,6\n' });
const SERVICE = fileURLToPath(new URL('./forecasts-service.js', import.meta.url));
const TICKETS = `
  create table tickets (no int primary key, station_id varchar(3) not null, price numeric(6, 2) not null);
  insert into tickets values (1, 'OSL', 49.50), (2, 'OSL', 120), (3, 'BGO', 80)`;

let gateway: GatewayHere;
let home: string;
let worker: WorkerProcess;
let service: ChildProcess;
let serviceUrl: string;
let warehouse: Warehouse;

beforeAll(async () => {
  warehouse = await openWarehouse();
  await warehouse.run(TICKETS);
  service = fork(SERVICE, { execArgv: [] });
  serviceUrl = await firstMessage<string>(service);
  gateway = await gatewayHere({ config: { secrets: () => warehouse.password, fileRoots: [place.path] } });
  home = temporaryHome();
  worker = await startWorker({
    databaseUrl: gateway.database.url,
    temporal: await testTemporal(),
    home,
    env: { WEFT_FILE_ROOTS: place.path },
  });
}, 120_000);

afterAll(async () => {
  await worker.stop();
  await gateway.close();
  await killHard(service);
  await warehouse.close();
  removeHome(home);
  place.remove();
}, 60_000);

/** A new team's command line: it has a key for a domain that is not there yet, and nothing else. Every command must succeed. */
async function team(domain: string): Promise<(...args: string[]) => Promise<Ran>> {
  const { data } = await gateway.order(
    `mutation { createApiKey(role: PUBLISHER, consumer: "${domain}-team", domains: ["${domain}"]) { key } }`,
  );
  const env = { WEFT_URL: gateway.url, WEFT_KEY: data.createApiKey.key as string };
  return async (...args) => {
    const ran = await weft(args, { env, cwd: place.path });
    expect([args, ran.code, ran.err]).toEqual([args, 0, expect.anything()]);
    return ran;
  };
}

/** Asks without a pause while something is done; whatever was not answered as the very first time. */
async function askedWhile(query: string, act: () => Promise<void>): Promise<readonly string[]> {
  const state = { over: false };
  const asking = (async () => {
    const first = JSON.stringify(await gateway.ask(query));
    const otherwise = new Set<string>();
    while (!state.over) {
      const answer = JSON.stringify(await gateway.ask(query));
      if (answer !== first) otherwise.add(answer);
    }
    return [...otherwise];
  })();
  await act().finally(() => (state.over = true));
  return asking;
}

test('three new teams publish a file, a service and a table by themselves, and one query joins all three without a restart', async () => {
  const rail = await team('rail');
  await rail('init', 'rail/stations', '--from', 'stations.csv');
  const stations = await rail('publish', 'stations', '--wait', '--json');
  expect(stations.json()).toMatchObject({
    products: [{ id: 'rail/stations', state: 'live', run: { phase: 'succeeded', requestedBy: 'rail-team' } }],
  });

  const otherwise = await askedWhile('{ stations(orderBy: [{ id: ASC }]) { nodes { id name } } }', async () => {
    const forecasts = await team('weather');
    await forecasts('init', 'weather/forecasts', '--from', serviceUrl);
    const served = await forecasts('publish', 'forecasts', '--json');
    expect(served.json()).toMatchObject({ products: [{ id: 'weather/forecasts', state: 'live', run: null }] });

    const sales = await team('sales');
    const { user, password, port, database } = warehouse;
    const address = `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
    await sales('init', 'sales/tickets', '--from', address, '--table', 'tickets');
    const registered = await sales('publish', 'tickets', '--json');
    expect(registered.json()).toMatchObject({ products: [{ id: 'sales/tickets', state: 'live', run: null }] });
  });
  expect(otherwise).toEqual([]);

  const { data, errors, extensions } = await gateway.ask(`{
    stations(orderBy: [{ id: DESC }], first: 2) {
      nodes { name platforms forecast { sky } tickets(orderBy: [{ price: DESC }]) { nodes { no price } } }
    }
    ticket(no: 3) { price station { name forecast { sky station { tickets { totalCount } } } } }
  }`);
  expect(errors).toBeUndefined();
  expect(data).toEqual({
    stations: {
      nodes: [
        { name: 'Trondheim', platforms: 6, forecast: null, tickets: { nodes: [] } },
        {
          name: 'Oslo',
          platforms: 19,
          forecast: { sky: 'clear' },
          tickets: {
            nodes: [
              { no: '2', price: '120.00' },
              { no: '1', price: '49.50' },
            ],
          },
        },
      ],
    },
    ticket: {
      price: '80.00',
      station: { name: 'Bergen', forecast: { sky: 'rain', station: { tickets: { totalCount: '1' } } } },
    },
  });
  expect(extensions!.dataProducts.map(({ id, kind }) => [id, kind])).toEqual([
    ['rail/stations', 'managed'],
    ['sales/tickets', 'registered'],
    ['weather/forecasts', 'remote'],
  ]);
}, 120_000);
