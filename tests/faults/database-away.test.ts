import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Home, openHome } from '../../gateway/up/home.ts';
import { type Postgres, startPostgres } from '../../gateway/up/postgres.ts';
import { openPool } from '../../schema/ledger/connect.ts';
import { liveDataset } from '../../schema/ledger/datasets.ts';
import { migrate } from '../../schema/ledger/migrate.ts';
import { removeHome } from '../testkit/servers.ts';
import { testTemporal } from '../testkit/temporal.ts';
import { type Gate, gateIn } from '../workflows/gate.ts';
import { disturbed, eventually, firstVersion, type Place, startWorkerIn, stopWorkers, workerHome } from './place.ts';
import { THOROUGH } from './thorough.ts';
import { KINDS, type TrialProduct, trialProduct } from './trial-product.ts';
import { type Wire, wireTo } from './wire.ts';

/** How long the network is away: longer than a heartbeat may be missing, where all is tried. */
const AWAY_MS = THOROUGH ? 30_000 : 5_000;

let home: Home;
let postgres: Postgres;
let wire: Wire;
let place: Place;
let gate: Gate;
let products: TrialProduct[];

beforeAll(async () => {
  home = await openHome(await workerHome());
  // It is going to be killed: what it says is committed must be on the disk.
  postgres = await startPostgres(home, home, { port: 0, env: process.env, durable: true });
  wire = await wireTo(postgres.port);
  const pool = openPool(postgres.url, { name: 'test', max: 8 });
  await migrate(pool);
  place = { databaseUrl: postgres.url, pool, temporal: await testTemporal(), home: home.folder, workers: new Set() };
  gate = await gateIn(postgres.url);
  products = await Promise.all(KINDS.map((kind) => trialProduct(pool, kind, `things-${kind}`)));
  for (const product of products) await firstVersion(place, product);
  const overWire = new URL(postgres.url);
  overWire.port = String(wire.port);
  await startWorkerIn({ ...place, databaseUrl: overWire.href });
}, 200_000);

afterAll(async () => {
  wire.mend();
  await stopWorkers(place);
  await gate.close();
  await wire.close();
  await place.pool.end();
  await postgres.child.stop();
  removeHome(home.folder);
}, 60_000);

/** Refreshes all products, and disturbs them once all have come to the end of the stage, with nothing committed. */
async function disturbedAt(stage: string, disturb: () => Promise<void>): Promise<void> {
  await gate.shut('trial/%', stage, async () => {
    // Only one at a time publishes: the others wait behind it.
    const atOnce = stage === 'publish' ? 1 : products.length;
    const came = eventually(place, async () => (await gate.waiting()) === atOnce).then(disturb);
    came.catch(() => undefined);
    refreshed = Promise.all(products.map((product) => disturbed(place, product, () => came)));
    refreshed.catch(() => undefined);
    await came;
  });
  await refreshed;
}
let refreshed: Promise<unknown>;

describe('PostgreSQL is killed', () => {
  test.each(['land', 'publish'])(
    'in the midst of the %s stage: no row is lost or doubled',
    async (stage) => {
      const pid = postgres.child.pid()!;
      await disturbedAt(stage, async () => void process.kill(pid, 'SIGKILL'));
      expect(postgres.child.pid()).not.toBe(pid);
    },
    240_000,
  );
});

describe('between worker and PostgreSQL nothing goes through', () => {
  test.each(['land', 'publish'])(
    'for seconds in the %s stage, and then all does',
    async (stage) => {
      await disturbedAt(stage, async () => {
        wire.cut();
        setTimeout(() => wire.mend(), AWAY_MS);
      });
    },
    240_000,
  );

  test.each(['land', 'publish'])(
    'in the %s stage, and the worker alone is told: what the server still holds open writes nothing',
    async (stage) => {
      await disturbedAt(stage, async () => {
        wire.cut();
        await sleep(1_000);
        wire.forsake();
      });
    },
    240_000,
  );

  test('when the commit of a publication is answered: it is not published again', async () => {
    const [product] = products as [TrialProduct];
    const before = (await liveDataset(place.pool, product.id))!.version;
    await gate.shut(product.id, 'publish', async () => {
      refreshed = disturbed(place, product, async () => undefined);
      refreshed.catch(() => undefined);
      await eventually(place, async () => (await gate.waiting()) === 1);
      lost = wire.loseAnswerTo('commit');
    });
    await lost;
    await refreshed;
    expect((await liveDataset(place.pool, product.id))!.version).toBe(before + 1);
  }, 240_000);
  let lost: Promise<void>;
});
