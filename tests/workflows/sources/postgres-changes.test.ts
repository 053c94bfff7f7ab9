import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Pool } from 'pg';
import { pino } from 'pino';
import { openHome, type Home } from '../../../gateway/up/home.ts';
import { type Postgres, startPostgres } from '../../../gateway/up/postgres.ts';
import type { ProductFile } from '../../../schema/contract/model.ts';
import type { ProductId } from '../../../schema/ids.ts';
import { transaction } from '../../../schema/ledger/connect.ts';
import { markRetired } from '../../../schema/ledger/products.ts';
import { stagesOf } from '../../../schema/ledger/runs.ts';
import type { RefreshDeps } from '../../../workflows/refresh/stage.ts';
import { releaseSources } from '../../../workflows/release-sources.ts';
import { slotLags } from '../../../workflows/telemetry/slot-lags.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { removeHome } from '../../testkit/servers.ts';
import { temporaryHome } from '../../testkit/temporary-home.ts';
import { plainPublish } from '../plain-publish.ts';
import { refreshDeps, refreshHere } from '../refresh-here.ts';
import { smallProduct } from '../small-product.ts';

let database: TestDatabase;
let deps: RefreshDeps;
let home: Home;
let server: Postgres;
let shop: Pool;
beforeAll(async () => {
  database = await cloneDatabase();
  home = await openHome(temporaryHome());
  server = await startPostgres(home, home, {
    port: 0,
    env: process.env,
    durable: false,
    // What is committed and not yet in the log would come a refresh later.
    settings: { wal_level: 'logical', max_wal_senders: '4', max_replication_slots: '20', synchronous_commit: 'on' },
  });
  shop = new Pool({ connectionString: server.url, max: 8 });
  // Its server is ended at last.
  shop.on('error', () => undefined);
  const password = new URL(server.url).password;
  deps = { ...(await refreshDeps(database)), secrets: (name) => (name === 'SHOP' ? password : null) };
}, 200_000);
afterAll(async () => {
  await shop.end();
  await server.child.stop();
  removeHome(home.folder);
  await database.drop();
});

let count = 0;
/** A product of a table of the shop's, `orders<n>`, made by the statement. */
async function product(create: (table: string) => string): Promise<{ id: ProductId; table: string; folder: string }> {
  const table = `orders${++count}`;
  await shop.query(create(table));
  const folder = await smallProduct({
    name: table,
    content: null,
    server: `{ server: shop, type: postgres, host: 127.0.0.1, port: ${server.port}, database: weft, schema: public, customProperties: [{ property: user, value: weft }, { property: password, value: '\${secret:SHOP}' }] }`,
    load: { loadMode: 'cdc' },
    source: [
      '{ name: id, logicalType: integer, required: true, primaryKey: true }',
      "{ name: amount, logicalType: number, physicalType: 'numeric(12,2)', required: true }",
      '{ name: note, logicalType: string }',
      '{ name: tags, logicalType: array, items: { logicalType: string } }',
    ],
    output: [
      '{ name: id, logicalType: integer, primaryKey: true }',
      "{ name: amount, logicalType: number, physicalType: 'numeric(12,2)' }",
      '{ name: note, logicalType: string }',
      '{ name: tags, logicalType: array, items: { logicalType: string } }',
    ],
  });
  return { id: (await plainPublish(database.pool, folder, { refresh: false })).product.id, table, folder };
}

const plain = (table: string): string =>
  `create table ${table} (id integer primary key, amount numeric(12,2) not null, note text, tags text[])`;

async function expectSame(table: string): Promise<void> {
  const rows = `select id, amount, note, tags from`;
  const source = await shop.query({ text: `${rows} ${table} order by id`, rowMode: 'array' });
  const copy = await database.pool.query({ text: `${rows} trial.${table} order by id`, rowMode: 'array' });
  expect(copy.rows).toEqual(source.rows);
}

const landed = async (run: { id: never }) =>
  (await stagesOf(database.pool, run.id)).find(({ stage }) => stage === 'land')!.detail;

test('what the log tells of is read, and no more', async () => {
  const { id, table } = await product(plain);
  await shop.query(
    `insert into ${table} select n, n, 'note ' || n, array['a', n::text] from generate_series(1, 1000) n`,
  );
  expect(await refreshHere(deps, id)).toMatchObject({ phase: 'succeeded' });
  await expectSame(table);
  await shop.query(`update ${table} set amount = 0.5, tags = null where id = 7; delete from ${table} where id = 8;
    insert into ${table} values (2000, 1, null, '{}'); update ${table} set id = 3000 where id = 9`);
  const run = await refreshHere(deps, id);
  expect(run).toMatchObject({ phase: 'succeeded' });
  expect(await landed(run as never)).toMatchObject({ rowsRead: 3, rowsNew: 2, rowsChanged: 1, rowsGone: 2 });
  await expectSame(table);
  const still = await refreshHere(deps, id);
  expect(await landed(still as never)).toMatchObject({ rowsRead: 0, rowsNew: 0, rowsChanged: 0, rowsGone: 0 });
});

test('a value that is large and stays is not lost by an update that does not name it', async () => {
  const { id, table } = await product(plain);
  await shop.query(`insert into ${table} select 1, 1, string_agg(md5(n::text), '') from generate_series(1, 5000) n`);
  await refreshHere(deps, id);
  await shop.query(`update ${table} set amount = 2`);
  await refreshHere(deps, id);
  await expectSame(table);
});

test('how much of its log a source holds for a product is known, and of one that is out of reach is not', async () => {
  const { id, table } = await product(plain);
  await shop.query(`insert into ${table} values (1, 1)`);
  await refreshHere(deps, id);
  const asking = { ...deps, signal: new AbortController().signal };
  const held = async () => (await slotLags(asking)).find(({ product: of }) => of === id);
  const before = await held();
  expect(before).toMatchObject({ object: table });
  await shop.query(`insert into ${table} select n, 1, repeat('x', 1000) from generate_series(2, 1000) n`);
  expect((await held())!.bytes).toBeGreaterThan(before!.bytes + 1_000_000);
  expect(await slotLags({ ...asking, secrets: () => null })).toEqual([]);
});

test('a table that is emptied at once is read as a whole', async () => {
  const { id, table } = await product(plain);
  await shop.query(`insert into ${table} select n, n from generate_series(1, 100) n`);
  await refreshHere(deps, id);
  await shop.query(`truncate ${table}; insert into ${table} values (5, 50)`);
  expect(await refreshHere(deps, id)).toMatchObject({ phase: 'succeeded' });
  await expectSame(table);
});

test('a run that fails after it read has taken nothing from the log', async () => {
  const { id, table } = await product(plain);
  await shop.query(`insert into ${table} values (1, 1)`);
  await refreshHere(deps, id);
  await shop.query(`update ${table} set amount = 9`);
  await expect(
    refreshHere(deps, id, async (stage) => {
      if (stage === 'audit') throw new Error('the worker dies');
    }),
  ).rejects.toThrow('the worker dies');
  await database.pool.query(`update weft.runs set phase = 'failed' where product_id = $1 and phase = 'running'`, [id]);
  await shop.query(`insert into ${table} values (2, 2)`);
  await refreshHere(deps, id);
  await expectSame(table);
});

test('what the source forgets is what was published', async () => {
  const { id, table } = await product(plain);
  await refreshable(table);
  await refreshHere(deps, id);
  await shop.query(`update ${table} set note = repeat('x', 100)`);
  const run = await refreshHere(deps, id);
  const { rows } = await database.pool.query<{ watermark: string }>(
    'select watermark from weft.kept_tables where run_id = $1',
    [run.id],
  );
  const [slot, lsn] = rows[0]!.watermark.split('@');
  const slots = await shop.query(
    'select confirmed_flush_lsn::text as lsn from pg_replication_slots where slot_name = $1',
    [slot],
  );
  expect(slots.rows).toEqual([{ lsn }]);
});

test('what is confirmed moves on in the log too, and what comes after it is read', async () => {
  const { id, table } = await product(plain);
  await refreshable(table);
  const { id: first } = await refreshHere(deps, id);
  const position = async (): Promise<string> => {
    const kept = await database.pool.query<{ watermark: string }>(
      'select watermark from weft.kept_tables where run_id = $1',
      [first],
    );
    return kept.rows[0]!.watermark;
  };
  const before = await position();
  // The log tells of rows, and they are as they were.
  await shop.query(`update ${table} set note = note`);
  expect(await refreshHere(deps, id, undefined, { mayConfirm: true })).toMatchObject({ outcome: 'confirmed' });
  const [slot, lsn] = (await position()).split('@');
  expect(`${slot}@${lsn}`).not.toBe(before);
  const slots = await shop.query(
    'select confirmed_flush_lsn::text as lsn from pg_replication_slots where slot_name = $1',
    [slot],
  );
  expect(slots.rows).toEqual([{ lsn }]);
  await shop.query(`update ${table} set note = 'changed' where id = 7`);
  expect(await refreshHere(deps, id, undefined, { mayConfirm: true })).toMatchObject({ outcome: 'published' });
  await expectSame(table);
});

async function refreshable(table: string): Promise<void> {
  await shop.query(`insert into ${table} select n, n from generate_series(1, 1000) n`);
}

test('changes that were lost are said, and a full load mends it', async () => {
  const { id, table } = await product(plain);
  await refreshable(table);
  await refreshHere(deps, id);
  await shop.query(
    `select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name like 'weft_trial_${table}\\_\\_%'`,
  );
  const lost = await refreshHere(deps, id);
  expect(lost.error).toMatchObject({ code: 'SOURCE_INCOMPLETE', message: expect.stringContaining('is gone') });
  expect(await refreshHere(deps, id, undefined, { fullLoad: true })).toMatchObject({ phase: 'succeeded' });
  await shop.query(`delete from ${table} where id < 10`);
  await refreshHere(deps, id);
  await expectSame(table);
});

test('rows of transactions that are under way, and end in another order, are all found', async () => {
  const { id, table } = await product(plain);
  await refreshable(table);
  await refreshHere(deps, id);
  const state = { writing: true };
  const writers = Array.from({ length: 6 }, async (_, writer) => {
    for (let n = 0; state.writing; n++) {
      const client = await shop.connect();
      try {
        await client.query('begin');
        await client.query(`update ${table} set amount = amount + 1 where id = $1`, [1 + ((n * 7 + writer) % 1000)]);
        if (n % 5 === writer % 5) await sleep(20);
        if (n % 11 === 0) await client.query(`delete from ${table} where id = $1`, [1 + ((n + writer) % 1000)]);
        if (n % 13 === 0)
          await client.query(`insert into ${table} values ($1, 0) on conflict (id) do update set note = 'again'`, [
            1 + ((n * 3 + writer) % 1000),
          ]);
        await client.query('commit');
      } catch {
        await client.query('rollback');
      } finally {
        client.release();
      }
    }
  });
  for (let round = 0; round < 4; round++) expect(await refreshHere(deps, id)).toMatchObject({ phase: 'succeeded' });
  state.writing = false;
  await Promise.all(writers);
  await refreshHere(deps, id);
  await expectSame(table);
}, 120_000);

test('a table whose log would not tell its key is left alone, so that its own writers are not refused', async () => {
  const { id, table } = await product(
    (name) => `create table ${name} (id integer, amount numeric(12,2) not null, note text, tags text[])`,
  );
  await shop.query(`insert into ${table} values (1, 1)`);
  expect((await refreshHere(deps, id)).error).toMatchObject({
    code: 'SOURCE_MISSING',
    message: expect.stringContaining('give the table a primary key'),
  });
  await shop.query(`update ${table} set amount = 2; alter table ${table} add primary key (id)`);
  expect(await refreshHere(deps, id)).toMatchObject({ phase: 'succeeded' });
  await expectSame(table);
});

describe('what the source keeps for a product', () => {
  const kept = async (table: string): Promise<string[]> => {
    const { rows } = await shop.query<{ name: string }>(
      `select slot_name::text as name from pg_replication_slots where slot_name like $1
       union all select pubname from pg_publication where pubname like $1`,
      [`weft_trial_${table}\\_\\_%`],
    );
    return rows.map(({ name }) => name);
  };
  const release = () =>
    releaseSources({ ...deps, log: pino({ level: 'silent' }), signal: new AbortController().signal });

  test('is kept as long as it reads it', async () => {
    const { id, table } = await product(plain);
    await refreshable(table);
    await refreshHere(deps, id);
    expect(await release()).toBe(0);
    expect(await kept(table)).toHaveLength(2);
    await shop.query(`delete from ${table} where id < 10`);
    expect(await refreshHere(deps, id)).toMatchObject({ phase: 'succeeded' });
    await expectSame(table);
  });

  test('goes when it is retired; published again it loads anew by itself', async () => {
    const { id, table, folder } = await product(plain);
    await refreshable(table);
    await refreshHere(deps, id);
    await transaction(database.pool, (trx) => markRetired(trx, id, { keptForSeconds: null }));
    expect(await release()).toBe(1);
    expect(await kept(table)).toEqual([]);
    expect(await release()).toBe(0);
    await shop.query(`delete from ${table} where id < 10`);
    await plainPublish(database.pool, folder, { refresh: false });
    expect(await refreshHere(deps, id)).toMatchObject({ phase: 'succeeded' });
    await expectSame(table);
  });

  test('goes once a version is live that was read otherwise, and not before', async () => {
    const { id, table, folder } = await product(plain);
    await refreshable(table);
    await refreshHere(deps, id);
    const change = (files: ProductFile[]): ProductFile[] =>
      files.map((file) => ({ ...file, text: file.text.replace('value: "cdc"', 'value: "full"') }));
    await plainPublish(database.pool, folder, { refresh: false, change });
    expect(await release()).toBe(0);
    expect(await refreshHere(deps, id)).toMatchObject({ phase: 'succeeded' });
    expect(await release()).toBe(1);
    expect(await kept(table)).toEqual([]);
    await expectSame(table);
  });

  test('goes where a first load fails', async () => {
    const { id, table } = await product(
      (name) =>
        `create table ${name} (id integer primary key, amount numeric generated always as (1 / (id - 5)) virtual, note text, tags text[])`,
    );
    await shop.query(`insert into ${table} select n from generate_series(1, 10) n`);
    expect((await refreshHere(deps, id)).error).toMatchObject({ message: expect.stringContaining('division by zero') });
    const { rows } = await shop.query('select from pg_replication_slots where slot_name like $1', [
      `weft_trial_${table}%`,
    ]);
    expect(rows).toEqual([]);
  });

  test('is asked for again where the source is out of reach', async () => {
    const { id, table } = await product(plain);
    await refreshable(table);
    await refreshHere(deps, id);
    await transaction(database.pool, (trx) => markRetired(trx, id, { keptForSeconds: null }));
    const away = {
      ...deps,
      secrets: () => 'wrong',
      log: pino({ level: 'silent' }),
      signal: new AbortController().signal,
    };
    expect(await releaseSources(away)).toBe(0);
    expect(await release()).toBe(1);
    expect(await kept(table)).toEqual([]);
  });
});
