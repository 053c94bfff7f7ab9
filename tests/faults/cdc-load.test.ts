import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Pool } from 'pg';
import { type Home, openHome } from '../../gateway/up/home.ts';
import { type Postgres, startPostgres } from '../../gateway/up/postgres.ts';
import type { ProductId } from '../../schema/ids.ts';
import { stagesOf } from '../../schema/ledger/runs.ts';
import { removeHome } from '../testkit/servers.ts';
import { temporaryHome } from '../testkit/temporary-home.ts';
import { plainPublish } from '../workflows/plain-publish.ts';
import { smallProduct } from '../workflows/small-product.ts';
import { ended, enterPlace, type Place, request, startWorkerIn } from './place.ts';
import { startWriters } from './source-writers.ts';

/** Two minutes are what is to be borne (`WEFT_CDC_SECONDS=120`, which prints figures too); else a part of it. */
const SECONDS = Number(process.env['WEFT_CDC_SECONDS'] ?? 15);
const ROWS_PER_SECOND = 500;
const ORDERS = 'trial/orders' as ProductId;

let place: Place;
let leave: () => Promise<void>;
let home: Home;
let source: Postgres;
let shop: Pool;

beforeAll(async () => {
  ({ place, leave } = await enterPlace());
  home = await openHome(temporaryHome());
  source = await startPostgres(home, home, {
    port: 0,
    env: process.env,
    durable: false,
    settings: { wal_level: 'logical', max_wal_senders: '4', max_replication_slots: '4', synchronous_commit: 'on' },
  });
  shop = new Pool({ connectionString: source.url, max: 6 });
  shop.on('error', () => undefined);
  await shop.query(`
    create table orders (id integer primary key, amount numeric(12,2) not null, note text);
    insert into orders select n, n, 'first' from generate_series(0, 4999, 2) n;`);
  const columns = [
    '{ name: id, logicalType: integer, required: true, primaryKey: true }',
    "{ name: amount, logicalType: number, physicalType: 'numeric(12,2)', required: true }",
    '{ name: note, logicalType: string }',
  ];
  const folder = await smallProduct({
    name: 'orders',
    content: null,
    server: `{ server: shop, type: postgres, host: 127.0.0.1, port: ${source.port}, database: weft, schema: public, customProperties: [{ property: user, value: weft }, { property: password, value: '\${secret:SHOP}' }] }`,
    load: { loadMode: 'cdc' },
    source: columns,
    output: columns,
  });
  await plainPublish(place.pool, folder, { refresh: false });
}, 200_000);

afterAll(async () => {
  await leave();
  await shop.end();
  await source.child.stop();
  removeHome(home.folder);
}, 60_000);

const start = () => startWorkerIn(place, { env: { WEFT_SECRET_SHOP: new URL(source.url).password } });

/** All rows as text, by key. */
async function rowsOf(pool: Pool, relation: string): Promise<string[]> {
  const { rows } = await pool.query<{ row: string }>(
    `select concat_ws(' ', id, amount, coalesce(note, '-')) as row from ${relation} order by id`,
  );
  return rows.map(({ row }) => row);
}

test(
  `a table under ${ROWS_PER_SECOND} writes a second for ${SECONDS} s is the product row for row, though the worker is killed twice`,
  async () => {
    let worker = await start();
    const writers = startWriters(shop, { rowsPerSecond: ROWS_PER_SECOND, random: Math.random });
    const startedMs = performance.now();
    const killsMs = [SECONDS * 300, SECONDS * 700];
    const killing = (async () => {
      for (const atMs of killsMs) {
        await sleep(Math.max(0, atMs - (performance.now() - startedMs)));
        process.kill(worker.pid, 'SIGKILL');
        await worker.ended;
        worker = await start();
      }
    })();
    const told = { refreshes: 0, changed: 0, longestMs: 0 };
    const refresh = async (): Promise<void> => {
      const beganMs = performance.now();
      const run = await ended(place, await request(place, ORDERS), 180_000);
      expect(run).toMatchObject({ phase: 'succeeded', error: null });
      const land = (await stagesOf(place.pool, run.id)).find(({ stage }) => stage === 'land')!.detail;
      told.refreshes += 1;
      told.changed += Number(land['rowsNew'] ?? 0) + Number(land['rowsChanged'] ?? 0) + Number(land['rowsGone'] ?? 0);
      told.longestMs = Math.max(told.longestMs, performance.now() - beganMs);
    };
    while (performance.now() - startedMs < SECONDS * 1_000) await refresh();
    await killing;
    await writers.stop();
    const seconds = (performance.now() - startedMs) / 1_000;
    await refresh();
    expect(await rowsOf(place.pool, 'trial.orders')).toEqual(await rowsOf(shop, 'orders'));
    const { rows } = await shop.query('select from pg_replication_slots');
    expect(rows).toHaveLength(1);
    if (process.env['WEFT_CDC_SECONDS'] !== undefined)
      process.stderr.write(
        `${writers.written()} rows written in ${seconds.toFixed(0)} s (${(writers.written() / seconds).toFixed(0)} a second); ${told.refreshes} refreshes brought ${told.changed} changes, the longest took ${(told.longestMs / 1_000).toFixed(1)} s\n`,
      );
  },
  SECONDS * 4_000 + 200_000,
);
