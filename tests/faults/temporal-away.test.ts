import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Home, openHome } from '../../gateway/up/home.ts';
import { freePort } from '../../gateway/up/ports.ts';
import { startTemporal, type Temporal } from '../../gateway/up/temporal.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { removeHome } from '../testkit/servers.ts';
import { type Gate, gateIn } from '../workflows/gate.ts';
import { disturbed, eventually, firstVersion, type Place, startWorkerIn, stopWorkers, workerHome } from './place.ts';
import { THOROUGH } from './thorough.ts';
import { KINDS, type TrialProduct, trialProduct } from './trial-product.ts';

/** Longer than a heartbeat may be missing: what was under way is begun anew after it. */
const AWAY_MS = THOROUGH ? 60_000 : 12_000;

let home: Home;
let database: TestDatabase;
let temporal: Temporal;
let options: Parameters<typeof startTemporal>[2];
let place: Place;
let gate: Gate;
const products: TrialProduct[] = [];

beforeAll(async () => {
  home = await openHome(await workerHome());
  options = { port: await freePort(), uiPort: await freePort(), namespace: 'default', env: process.env };
  [temporal, database] = await Promise.all([startTemporal(home, home, options), cloneDatabase()]);
  const { pool, url: databaseUrl } = database;
  place = {
    databaseUrl,
    pool,
    temporal: { address: temporal.address, namespace: 'default' },
    home: home.folder,
    workers: new Set(),
  };
  gate = await gateIn(databaseUrl);
  for (const when of ['before', 'meanwhile'])
    for (const kind of KINDS) {
      const product = await trialProduct(pool, kind, `${when}-${kind}`);
      await firstVersion(place, product);
      products.push(product);
    }
  await startWorkerIn(place);
}, 200_000);

afterAll(async () => {
  await stopWorkers(place);
  await gate.close();
  await database.drop();
  await temporal.child.stop();
  removeHome(home.folder);
}, 60_000);

describe(`Temporal is away for ${AWAY_MS / 1_000} s: runs that were under way and such as are asked for meanwhile end well`, () => {
  test.each([
    {
      how: 'killed',
      away: async () => {
        process.kill(temporal.child.pid()!, 'SIGKILL');
        await temporal.child.stop();
        await sleep(AWAY_MS);
        temporal = await startTemporal(home, home, options);
      },
    },
    {
      how: 'not heard of',
      away: async () => {
        const pid = temporal.child.pid()!;
        process.kill(pid, 'SIGSTOP');
        await sleep(AWAY_MS);
        process.kill(pid, 'SIGCONT');
      },
    },
  ])(
    '$how',
    async ({ away }) => {
      const { promise: gone, resolve: go } = withResolvers();
      const refreshed = products.map((product) =>
        // Some are asked for once it is away.
        (product.id.startsWith('trial/before') ? Promise.resolve() : gone).then(() =>
          disturbed(place, product, async () => undefined, { withinMs: AWAY_MS + 120_000 }),
        ),
      );
      const all = Promise.all(refreshed);
      all.catch(() => undefined);
      let back: Promise<void> = Promise.resolve();
      await gate.shut('trial/before%', 'land', async () => {
        await eventually(place, async () => (await gate.waiting()) === 2);
        back = away();
        go();
        await sleep(2_000);
      });
      await back;
      expect(await all).toHaveLength(products.length);
    },
    AWAY_MS + 200_000,
  );
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
