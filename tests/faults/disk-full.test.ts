import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Home, openHome } from '../../gateway/up/home.ts';
import { type Postgres, startPostgres } from '../../gateway/up/postgres.ts';
import { openPool } from '../../schema/ledger/connect.ts';
import { migrate } from '../../schema/ledger/migrate.ts';
import { removeHome } from '../testkit/servers.ts';
import { temporaryHome } from '../testkit/temporary-home.ts';
import { testTemporal } from '../testkit/temporal.ts';
import { type FileServer, openFileServer } from './file-server.ts';
import {
  disturbed,
  ended,
  firstVersion,
  look,
  type Place,
  request,
  startWorkerIn,
  stopWorkers,
  workerHome,
} from './place.ts';
import { KINDS, type TrialProduct, trialProduct } from './trial-product.ts';

/** A small file system of its own, in memory; null where this user may mount none. */
function smallDisk(megabytes: number): string | null {
  const folder = temporaryHome();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return null;
  }
}

const tables = smallDisk(4);
const scratch = tables === null ? null : smallDisk(4);
const testOnDisk = tables === null || scratch === null ? test.skip : test;
const why = tables === null ? ' (skipped: no file system can be mounted here)' : '';

let home: Home;
let postgres: Postgres;
let place: Place;
let files: FileServer;
const products: TrialProduct[] = [];

beforeAll(async () => {
  if (tables === null || scratch === null) return;
  home = await openHome(await workerHome());
  postgres = await startPostgres(home, home, { port: 0, env: process.env, durable: true });
  const pool = openPool(postgres.url, { name: 'test', max: 8 });
  await migrate(pool);
  place = { databaseUrl: postgres.url, pool, temporal: await testTemporal(), home: home.folder, workers: new Set() };
  files = await openFileServer();
  for (const kind of KINDS) {
    const name = `things-${kind}`;
    const product = await trialProduct(pool, kind, name, { server: files.yaml(name) });
    files.serve(name, product.folder);
    await firstVersion(place, product);
    products.push(product);
  }
  // From here on tables lie on the small disk, and so do the files of workers.
  const space = join(tables, 'space');
  mkdirSync(space);
  const { uid, gid } = statSync(join(home.folder, 'postgres', 'data'));
  chownSync(space, uid, gid);
  await pool.query(`create tablespace small location '${space}'`);
  await pool.query(`alter database weft set default_tablespace = small`);
  rmSync(join(home.folder, 'tmp'), { recursive: true, force: true });
  execFileSync('ln', ['-s', scratch, join(home.folder, 'tmp')]);
  await startWorkerIn(place);
}, 200_000);

afterAll(async () => {
  if (tables === null || scratch === null) return;
  await stopWorkers(place);
  await files.close();
  await place.pool.end();
  await postgres.child.stop();
  removeHome(home.folder);
  for (const folder of [tables, scratch]) {
    execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  }
}, 60_000);

/** Fills what is free but for some KB, and answers what makes room again. */
function fill(folder: string, freeKb: number): () => void {
  const ballast = join(folder, 'ballast');
  const available = Number(
    execFileSync('df', ['--output=avail', '-k', folder], { encoding: 'utf8' }).trim().split('\n').at(-1),
  );
  writeFileSync(ballast, Buffer.alloc((available - freeKb) * 1024));
  return () => rmSync(ballast);
}

testOnDisk.each([
  { disk: 'of the database’s tables', folder: tables, freeKb: 40 },
  { disk: 'of the worker’s files', folder: scratch, freeKb: 20 },
])(
  `the disk $disk is full: runs fail and say so, readers go on, and once there is room the next has all rows${why}`,
  async ({ folder, freeKb }) => {
    const free = fill(folder!, freeKb);
    const before = products.map((product) => product.expected());
    await Promise.all(products.map((product) => product.next()));
    try {
      const runs = await Promise.all(products.map(async (product) => ended(place, await request(place, product.id))));
      for (const run of runs)
        expect(run).toMatchObject({
          phase: 'failed',
          error: { code: 'DISK_FULL', message: expect.stringMatching(/^A disk is full: .*no space left on device/i) },
        });
      expect(await Promise.all(products.map((product) => look(place, product)))).toEqual(before);
    } finally {
      free();
    }
    for (const product of products) await disturbed(place, product, async () => undefined);
  },
  200_000,
);
