import { randomUUID } from 'node:crypto';
import { mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { ProductId, RunId } from '../../../schema/ids.ts';
import { transaction } from '../../../schema/ledger/connect.ts';
import { requestRun, requireRun, stagesOf, type RunRow } from '../../../schema/ledger/runs.ts';
import type { RefreshDeps } from '../../../workflows/refresh/stage.ts';
import { openWarehouse, type Warehouse } from '../../gateway/registered/warehouse.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { testTemporal } from '../../testkit/temporal.ts';
import { plainPublish } from '../plain-publish.ts';
import { refreshDeps, refreshHere } from '../refresh-here.ts';
import { smallProduct, type SmallProduct } from '../small-product.ts';
import { startWorker, type WorkerProcess } from '../worker-process.ts';
import { pypiHost, whyNot } from './connector-hosts.ts';

const POSTGRES = 'meltanolabs-tap-postgres==0.10.0';
const JSONL = 'tap-jsonl==0.3.1';
const FAKER = 'airbyte-source-faker==7.2.1';
const KEY = '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }';

// Once for this machine: some 60 s, and 600 MB.
const why = await whyNot({ [POSTGRES]: 'singer', [JSONL]: 'singer', [FAKER]: 'airbyte' });
const within = why === null ? describe : describe.skip;

let database: TestDatabase;
let warehouse: Warehouse;
let deps: RefreshDeps;
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  database = await cloneDatabase();
  warehouse = await openWarehouse();
  deps = {
    ...(await refreshDeps(database)),
    connectors: pypiHost(),
    secrets: (name) => (name === 'WAREHOUSE_PASSWORD' ? warehouse.password : null),
  };
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await warehouse.close();
  await database.drop();
});

function server(by: 'singer' | 'airbyte', requirement: string, config: Readonly<Record<string, unknown>>): string {
  const properties = [
    { property: 'connector', value: { by, package: requirement } },
    { property: 'config', value: config },
  ];
  return `{ server: shop, type: custom, customProperties: ${JSON.stringify(properties)} }`;
}

async function landed(run: RunRow) {
  return (await stagesOf(database.pool, run.id)).find(({ stage }) => stage === 'land')?.detail;
}

async function published(small: SmallProduct): Promise<ProductId> {
  return (await plainPublish(database.pool, await smallProduct(small), { refresh: false })).product.id;
}

within(`connectors as PyPI has them${why === null ? '' : ` (skipped: ${why})`}`, () => {
  test('tap-jsonl brings a file', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'weft-tap-')), 'things.jsonl');
    await writeFile(path, '{"id":1,"words":"é","price":1.25,"day":"2024-02-29"}\n{"id":2,"words":null,"price":3}\n');
    const columns = [
      KEY,
      '{ name: words, logicalType: string }',
      `{ name: price, logicalType: number, physicalType: 'numeric(12,2)' }`,
      '{ name: day, logicalType: date }',
    ];
    const product = await published({
      name: 'things',
      content: null,
      source: columns,
      output: columns,
      server: server('singer', JSONL, { path, stream_name: 'things', primary_keys: ['id'] }),
    });
    expect(await refreshHere(deps, product)).toMatchObject({ phase: 'succeeded' });
    const { rows } = await database.pool.query(
      'select id, words, price, day::text as day from trial.things order by id',
    );
    expect(rows).toEqual([
      { id: 1, words: 'é', price: '1.25', day: '2024-02-29' },
      { id: 2, words: null, price: '3.00', day: null },
    ]);
  });

  test('airbyte-source-faker brings its users, and none again that it told of', async () => {
    const columns = [
      KEY,
      '{ name: email, logicalType: string, required: true }',
      '{ name: city, physicalName: address.city, logicalType: string }',
      '{ name: updatedAt, physicalName: updated_at, logicalType: timestamp, required: true }',
    ];
    const product = await published({
      name: 'users',
      content: null,
      source: columns,
      output: [
        KEY,
        columns[1]!,
        '{ name: city, logicalType: string }',
        '{ name: updatedAt, logicalType: timestamp, required: true }',
      ],
      server: server('airbyte', FAKER, { count: 60, seed: 7, always_updated: false, parallelism: 2 }),
      load: { loadMode: 'merge', watermark: 'updatedAt' },
    });
    const first = await refreshHere(deps, product);
    expect(first).toMatchObject({ phase: 'succeeded', error: null });
    expect(await landed(first)).toMatchObject({ rowsRead: 60, rowsNew: 60 });
    const second = await refreshHere(deps, product);
    expect(second).toMatchObject({ phase: 'succeeded' });
    expect(await landed(second)).toMatchObject({ rowsRead: 0, rowsNew: 0, rowsChanged: 0 });
    const { rows } = await database.pool.query(
      'select count(*)::int as count, count(distinct email)::int as emails, count(city)::int as cities from trial.users',
    );
    expect(rows).toEqual([{ count: 60, emails: 60, cities: 60 }]);
  });

  test('tap-postgres goes on by its key, and no row is lost or doubled by a worker that is killed while it reads', async () => {
    await warehouse.run(`create table orders (id int primary key, amount numeric(12, 2), updated_at timestamptz not null);
      insert into orders select id, id, timestamptz '2026-01-01' + id * interval '1 s' from generate_series(1, 20000) id`);
    const columns = [
      KEY,
      `{ name: amount, logicalType: number, physicalType: 'numeric(12,2)' }`,
      '{ name: updatedAt, physicalName: updated_at, logicalType: timestamp, required: true }',
    ];
    const folder = await smallProduct({
      name: 'orders',
      content: null,
      source: columns,
      output: [KEY, columns[1]!, '{ name: updatedAt, logicalType: timestamp, required: true }'],
      sourceKeys: ['physicalName: public-orders'],
      server: server('singer', POSTGRES, {
        host: '127.0.0.1',
        port: warehouse.port,
        database: warehouse.database,
        filter_schemas: ['public'],
        user: warehouse.user,
        password: '${secret:WAREHOUSE_PASSWORD}',
      }),
      load: { loadMode: 'merge', watermark: 'updatedAt' },
    });
    const { product } = await plainPublish(database.pool, folder, { refresh: false });
    const first = await refreshHere(deps, product.id);
    expect(first).toMatchObject({ phase: 'succeeded', error: null });
    expect(await landed(first)).toMatchObject({ rowsRead: 20_000, rowsNew: 20_000 });

    await warehouse.run(`
      update orders set amount = -id, updated_at = timestamptz '2026-02-01' + id * interval '1 s' where id <= 15000;
      insert into orders select id, id, timestamptz '2026-02-01' + id * interval '1 s' from generate_series(20001, 45000) id`);
    const home = await mkdtemp(join(tmpdir(), 'weft-home-'));
    await symlink(deps.connectors.folder, join(home, 'connectors'));
    const temporal = await testTemporal();
    const start = async (): Promise<WorkerProcess> => {
      const env = { WEFT_CONNECTORS: POSTGRES, WEFT_SECRET_WAREHOUSE_PASSWORD: warehouse.password };
      const started = await startWorker({ databaseUrl: database.url, temporal, home, env });
      workers.push(started);
      return started;
    };
    const worker = await start();
    const { runId } = await transaction(database.pool, (trx) =>
      requestRun(trx, { runId: randomUUID() as RunId, productId: product.id, trigger: 'manual', requestedBy: 'test' }),
    );
    // The catalog is not what it asks for any more.
    await until(async () => {
      const { rows } = await database.pool.query(
        `select from pg_stat_activity where usename = $1 and query ~* 'from public.orders|fetch forward'`,
        [warehouse.user],
      );
      return rows.length > 0;
    });
    process.kill(worker.pid, 'SIGKILL');
    await worker.ended;
    // The tap has gone with it.
    await until(async () => (await warehouse.connections()) === 0);
    expect((await stagesOf(database.pool, runId)).map(({ stage, state }) => [stage, state])).toEqual([
      ['extract', 'done'],
      ['land', 'running'],
    ]);
    const next = await start();
    // The view for those who read by SQL is moved after the commit.
    await until(async () => {
      const { phase } = await requireRun(database.pool, runId);
      const stages = await stagesOf(database.pool, runId);
      return phase === 'failed' || stages.some(({ stage, state }) => stage === 'announce' && state === 'done');
    });
    const run = await requireRun(database.pool, runId);
    expect(run).toMatchObject({ phase: 'succeeded' });
    // A bookmark is inclusive: the row that it was taken of comes again.
    expect(await landed(run)).toMatchObject({ rowsRead: 40_001, rowsNew: 25_000, rowsChanged: 15_000, rowsSame: 1 });
    const { rows } = await database.pool.query(
      'select count(*)::int as count, count(distinct id)::int as ids, sum(amount)::text as sum from trial.orders',
    );
    const sum = (to: number): number => (to * (to + 1)) / 2;
    expect(rows).toEqual([{ count: 45_000, ids: 45_000, sum: `${sum(45_000) - 2 * sum(15_000)}.00` }]);
    // Neither the password nor a part of it is anywhere that the worker wrote to.
    expect(worker.output() + next.output()).not.toContain(warehouse.password);
  }, 240_000);
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + 80_000;
  while (!(await isSo())) {
    if (Date.now() > untilMs)
      throw new Error(`It did not come about: ${workers.map((worker) => worker.output().slice(-2_000)).join('\n')}`);
    await sleep(20);
  }
}
