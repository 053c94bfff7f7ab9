import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { stagesOf } from '../../../schema/ledger/runs.ts';
import type { RefreshDeps } from '../../../workflows/refresh/stage.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { plainPublish } from '../plain-publish.ts';
import { refreshDeps, refreshHere } from '../refresh-here.ts';
import { smallProduct, type SmallProduct } from '../small-product.ts';
import { checkedProduct, rowsOf } from './asked-source.ts';
import { type ForeignMysql, hasMariadb, startMariadb } from './mariadb.ts';

const KEY = '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }';
const within = hasMariadb() ? describe : describe.skip;

let database: TestDatabase;
let shop: ForeignMysql | null = null;
let deps: RefreshDeps;
let count = 0;

beforeAll(async () => {
  database = await cloneDatabase();
  if (hasMariadb()) shop = await startMariadb();
  deps = {
    ...(await refreshDeps(database)),
    secrets: (name) => (name === 'SHOP_PASSWORD' ? (shop?.password ?? null) : name === 'WRONG' ? 'wrong' : null),
  };
}, 120_000);
afterAll(async () => {
  await shop?.stop();
  await database.drop();
});

interface Trial {
  readonly table?: string;
  readonly source?: readonly string[];
  readonly load?: Readonly<Record<string, unknown>>;
  readonly settings?: readonly string[];
  readonly secret?: string;
  readonly host?: string;
  readonly port?: number;
}

function trial({
  table,
  source = [KEY],
  load,
  settings = [],
  secret = '${secret:SHOP_PASSWORD}',
  host = '127.0.0.1',
  port = shop?.port ?? 3306,
}: Trial): SmallProduct & { name: string } {
  const properties = [`{ property: user, value: reader }`, `{ property: password, value: '${secret}' }`, ...settings];
  return {
    name: `things${(count += 1)}`,
    content: null,
    source,
    output: source.map((line) => line.replace(/ physicalName: \w+,/, '')),
    server: `{ server: shop, type: mysql, host: '${host}', port: ${port}, database: shop, customProperties: [${properties.join(', ')}] }`,
    ...(table !== undefined && { sourceKeys: [`physicalName: ${table}`] }),
    ...(load !== undefined && { load }),
  };
}

async function refusalOf(small: SmallProduct): Promise<string> {
  return rowsOf(deps, small).then(
    (rows) => `no refusal, but ${rows.length} rows`,
    (error: unknown) => `${String((error as { code?: unknown }).code)}: ${(error as Error).message}`,
  );
}

within('a MySQL or MariaDB (skipped where mariadbd is not installed)', () => {
  test('brings every value as it is, of every kind of type', async () => {
    await shop!.run(
      `create table kinds (id bigint unsigned primary key, exact decimal(38, 10), small float, ratio double, yes tinyint(1), flag bit(1), bits bit(12),
        day date, at datetime(6), stamped timestamp(6) null, clock time(3), year year, words text character set utf8mb4, legacy varchar(40) character set latin1,
        bytes varbinary(20), doc json, mood enum('glad', 'so so'))`,
      `insert into kinds values
        (18446744073709551615, 1234567890123456789012345678.0123456789, 16777217, 0.1e0 + 0.2e0, 1, b'1', b'101000000001',
         '2024-02-29', '2024-07-01 12:34:56.123456', '2024-07-01 12:34:56.123456', '23:59:59.5', 2024, 'a "b"\\n, 🙂', 'é', x'00ff5c', '{"n": 12345678901234567890.5}', 'so so'),
        (1, null, 0.1, null, 0, b'0', null, '0000-00-00', '0000-00-00 00:00:00', null, null, null, '', null, '', null, null)`,
    );
    const columns = [
      `{ name: id, logicalType: number, physicalType: 'numeric(20,0)', primaryKey: true, primaryKeyPosition: 1, required: true }`,
      `{ name: exact, logicalType: number, physicalType: 'numeric(38,10)' }`,
      '{ name: small, logicalType: number }',
      '{ name: ratio, logicalType: number }',
      '{ name: yes, logicalType: boolean }',
      '{ name: flag, logicalType: boolean }',
      '{ name: bits, logicalType: integer }',
      '{ name: day, logicalType: date }',
      '{ name: at, logicalType: timestamp }',
      '{ name: stamped, logicalType: timestamp }',
      '{ name: clock, logicalType: time }',
      '{ name: year, logicalType: integer }',
      '{ name: words, logicalType: string }',
      '{ name: legacy, logicalType: string }',
      '{ name: bytes, logicalType: string }',
      '{ name: doc, logicalType: object }',
      '{ name: mood, logicalType: string }',
    ];
    const small = trial({ table: 'kinds', source: columns });
    const { product } = await plainPublish(database.pool, await smallProduct(small), { refresh: false });
    expect(await refreshHere(deps, product.id)).toMatchObject({ phase: 'succeeded', error: null });
    const { rows } = await database.pool
      .query<{ row: unknown }>(
        `set timezone = 'UTC'; select row_to_json(one)::text as row from trial.${small.name} one order by id`,
      )
      .then((results) => (results as unknown as { rows: { row: string }[] }[])[1]!);
    expect(rows.map(({ row }) => row)).toEqual([
      '{"id":1,"exact":null,"small":0.10000000149011612,"ratio":null,"yes":false,"flag":false,"bits":null,"day":null,"at":null,"stamped":null,"clock":null,"year":null,"words":"","legacy":null,"bytes":"\\\\x","doc":null,"mood":null}',
      '{"id":18446744073709551615,"exact":1234567890123456789012345678.0123456789,"small":16777216,"ratio":0.30000000000000004,"yes":true,"flag":true,"bits":2561,"day":"2024-02-29","at":"2024-07-01T12:34:56.123456+00:00","stamped":"2024-07-01T07:34:56.123456+00:00","clock":"23:59:59.5","year":2024,"words":"a \\"b\\"\\n, 🙂","legacy":"é","bytes":"\\\\x00ff5c","doc":{"n": 12345678901234567890.5},"mood":"so so"}',
    ]);
  });

  test('is read from its watermark on, by time and by number, at one moment', async () => {
    await shop!.run(
      'create table orders (id int primary key, amount decimal(12, 2), updated_at datetime(3))',
      `insert into orders select seq, seq, '2026-01-01' + interval seq second from seq_1_to_3000`,
    );
    const small = trial({
      table: 'orders',
      source: [
        KEY,
        `{ name: amount, logicalType: number, physicalType: 'numeric(12,2)' }`,
        '{ name: updatedAt, physicalName: updated_at, logicalType: timestamp, required: true }',
      ],
      load: { loadMode: 'merge', watermark: 'updatedAt' },
    });
    const { product } = await plainPublish(database.pool, await smallProduct(small), { refresh: false });
    const landed = async () => {
      const run = await refreshHere(deps, product.id);
      expect(run).toMatchObject({ phase: 'succeeded', error: null });
      return (await stagesOf(database.pool, run.id)).find(({ stage }) => stage === 'land')?.detail;
    };
    expect(await landed()).toMatchObject({ rowsRead: 3_000, rowsNew: 3_000 });
    await shop!.run(
      `update orders set amount = -1, updated_at = '2026-02-01' where id = 7`,
      `insert into orders values (3001, 5, '2026-02-01 00:00:00.001')`,
    );
    expect(await landed()).toMatchObject({ rowsRead: 3, rowsNew: 1, rowsChanged: 1, rowsSame: 1 });
    const since = { column: 'id', value: '3000' };
    expect(await rowsOf(deps, trial({ table: 'orders' }), { since })).toEqual([{ id: '3000' }, { id: '3001' }]);
  });

  test('is read by a query, and by nothing but a query', async () => {
    await shop!.run(
      'create table pairs (id int primary key, word varchar(20))',
      `insert into pairs values (1, 'a'), (2, 'b')`,
    );
    const source = [KEY, '{ name: loud, logicalType: string }'];
    const query = 'select id, upper(word) as loud from pairs where id > 1; -- the last one';
    expect(await rowsOf(deps, trial({ source, load: { query: query.replace(';', '') } }))).toEqual([
      { id: '2', loud: 'B' },
    ]);
    expect(await refusalOf(trial({ source, load: { query } }))).toMatch(
      /^SOURCE_FAILED: .*syntax.*\(ER_PARSE_ERROR\)/s,
    );
    expect(await refusalOf(trial({ source, load: { query: 'select 1 as id) x; drop table pairs' } }))).toMatch(
      /^SOURCE_FAILED: .*ER_PARSE_ERROR/s,
    );
    expect(
      (await checkedProduct(trial({ load: { query: 'drop table pairs' } }))).findings.map((one) => one.message),
    ).toEqual([expect.stringContaining('must be one SELECT')]);
  });

  test('that is not there, not let in, not allowed or too slow is refused with a reason', async () => {
    expect(await refusalOf(trial({ table: 'nowhere' }))).toMatch(/^SOURCE_MISSING: .*ER_NO_SUCH_TABLE/);
    expect(await refusalOf(trial({ table: 'orders', secret: '${secret:WRONG}' }))).toMatch(
      /^SOURCE_MISSING: .*ER_ACCESS_DENIED_ERROR/,
    );
    expect(await refusalOf(trial({ table: 'orders', secret: '${secret:NONE}' }))).toMatch(
      /^SOURCE_MISSING: The secret/,
    );
    expect(await refusalOf(trial({ table: 'orders', host: '10.0.0.1' }))).toMatch(
      /^FORBIDDEN: The server shop is not asked/,
    );
    expect(
      await refusalOf(
        trial({
          load: { query: 'select sleep(5) as id from orders' },
          settings: ['{ property: timeoutSeconds, value: 1 }'],
        }),
      ),
    ).toMatch(/^SOURCE_FAILED: .*took longer than 1 s/);
    const small = trial({ table: 'orders', source: [KEY, '{ name: amount, logicalType: boolean }'] });
    const { product } = await plainPublish(database.pool, await smallProduct(small), { refresh: false });
    const run = await refreshHere(deps, product.id);
    expect(run).toMatchObject({ phase: 'failed', error: { code: 'SOURCE_DRIFTED' } });
    expect(run.error?.message).toContain('~ amount is newdecimal where the contract says boolean; + updated_at is new');
  });

  test('is asked again from the start where its connection breaks, and not waited for where it is called off', async () => {
    const slow = trial({ load: { query: 'select id from orders where id <= 6 and sleep(0.5) = 0' } });
    const reading = rowsOf(deps, slow);
    await until(async () => (await shop!.killReaders()) > 0);
    expect(await reading).toHaveLength(6);
    const calling = new AbortController();
    const called = rowsOf(deps, trial({ load: { query: 'select id from orders where sleep(60) = 0' } }), {
      signal: calling.signal,
    });
    called.catch(() => undefined);
    await until(async () => (await shop!.readers()) > 0);
    calling.abort();
    await expect(called).rejects.toThrow();
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + 30_000;
  while (!(await isSo())) {
    if (Date.now() > untilMs) throw new Error('It did not come about');
    await sleep(20);
  }
}

test('a password in clear is refused by the check', async () => {
  expect((await checkedProduct(trial({ secret: 'abc' }))).findings.map((one) => one.message)).toEqual([
    expect.stringContaining('password: must be a reference to a secret'),
  ]);
});
