import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import type { RefreshDeps } from '../../../workflows/refresh/stage.ts';
import { openWarehouse, type Warehouse } from '../../gateway/registered/warehouse.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { plainPublish } from '../plain-publish.ts';
import { refreshDeps, refreshHere } from '../refresh-here.ts';
import { smallProduct, type SmallProduct } from '../small-product.ts';
import { checkedProduct, rowsOf, withSource } from './asked-source.ts';
import { mostHeld } from './most-held.ts';

const ID = '{ name: id, logicalType: integer, required: true }';
const KEY = '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }';

let database: TestDatabase;
let warehouse: Warehouse;
let deps: RefreshDeps;
let count = 0;

beforeAll(async () => {
  database = await cloneDatabase();
  warehouse = await openWarehouse();
  deps = {
    ...(await refreshDeps(database)),
    secrets: (name) => (name === 'WAREHOUSE_PASSWORD' ? warehouse.password : name === 'WRONG' ? 'wrong' : null),
  };
});
afterEach(() => warehouse.cut(0, 0));
afterAll(async () => {
  await warehouse.close();
  await database.drop();
});

interface Trial {
  readonly table?: string;
  readonly query?: string;
  readonly source: readonly string[];
  readonly output?: readonly string[];
  readonly settings?: readonly string[];
  readonly secret?: string;
  readonly host?: string;
}

function trial({
  table,
  query,
  source,
  output = [KEY],
  settings = [],
  secret,
  host = '127.0.0.1',
}: Trial): SmallProduct {
  const name = `things${(count += 1)}`;
  const properties = [
    `{ property: user, value: ${warehouse.user} }`,
    `{ property: password, value: '${secret ?? '${secret:WAREHOUSE_PASSWORD}'}' }`,
    ...settings,
  ];
  return {
    name,
    content: null,
    source,
    output,
    server: `{ server: warehouse, type: postgres, host: '${host}', port: ${warehouse.port}, database: ${warehouse.database}, schema: public, customProperties: [${properties.join(', ')}] }`,
    ...(table !== undefined && { sourceKeys: [`physicalName: ${table}`] }),
    ...(query !== undefined && { load: { query } }),
  };
}

async function refreshed(small: SmallProduct) {
  const { product } = await plainPublish(database.pool, await smallProduct(small), { refresh: false });
  const run = await refreshHere(deps, product.id);
  return { run, table: `trial.${small.name!}` };
}

/** Rows as Postgres writes them, whatever their types. */
async function texts(sql: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ row: string }>(
    `select row::text as row from (${sql}) as row order by 1`,
  );
  return rows.map(({ row }) => row);
}

describe('a refresh of a table', () => {
  test('brings every value as it is, of every kind of type', async () => {
    await warehouse.run(`
      create type mood as enum ('glad', 'so so');
      create domain price as numeric(20, 6) check (value >= 0);
      create type point3 as (x int, y text);
      create table kinds (id bigint primary key, exact numeric(38, 18), huge numeric, cost price, ratio double precision,
        small real, yes boolean, day date, at timestamptz, local timestamp, clock time, token uuid, words text, padded char(6),
        feeling mood, bytes bytea, doc jsonb, raw json, point point3, tags text[], counts bigint[], amounts numeric[], address inet, span interval, coins money);
      insert into kinds values
        (9223372036854775807, 12345678901234567890.123456789012345678, 1e300::numeric + 0.1, 1234567.654321, 0.1::float8 + 0.2, 1.1, true,
         '2024-02-29', '2024-07-01 12:34:56.123456+02', '1999-12-31 23:59:59.999999', '23:59:59.5', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
         E'a "quoted"\\r\\n, line\\\\N and ''more''', 'ab', 'so so', '\\x00ff5c', '{"n": 12345678901234567890.5, "t": "\\u00e9\\n"}', '{"b":1,"a":[ 2]}',
         row(1, 'one, "two"'), array['a,b', 'say "so"', E'back\\\\slash\\nline', null, '', 'NULL', 'é'], array[1, null, -9223372036854775808],
         array[0.1, 12345678901234567890.12345], '10.0.0.0/8', '1 day 02:03:04', 12.5),
        (1, null, null, null, 'NaN', 'NaN', false, 'infinity', '-infinity', 'infinity', null, null, '', null, 'glad', null, 'null', null, null, '{}', null, null, null, null, null),
        (2, -0.000000000000000001, 0, 0, '-Infinity', 'Infinity', null, '-infinity', null, null, '00:00:00', null, null, null, null, '', '[]', '""', null, array[null::text], null, null, null, null, null)`);
    const columns = [
      ['exact', 'number', 'numeric(38,18)'],
      ['huge', 'number', 'numeric'],
      ['cost', 'number', 'numeric(20,6)'],
      ['ratio', 'number', null],
      ['small', 'number', null],
      ['yes', 'boolean', null],
      ['day', 'date', null],
      ['at', 'timestamp', null],
      ['local', 'timestamp', null],
      ['clock', 'time', null],
      ['token', 'string', 'uuid'],
      ['words', 'string', null],
      ['padded', 'string', null],
      ['feeling', 'string', null],
      ['bytes', 'string', null],
      ['doc', 'object', null],
      ['raw', 'object', null],
      ['point', 'object', null],
      ['tags', 'array', 'text[]'],
      ['counts', 'array', 'bigint[]'],
      ['amounts', 'array', 'numeric[]'],
      ['address', 'string', null],
      ['span', 'string', null],
      ['coins', 'number', 'numeric(12,2)'],
    ].map(
      ([name, type, physical]) =>
        `{ name: ${name}, logicalType: ${type}${physical === null ? '' : `, physicalType: '${physical}'`} }`,
    );
    const { run, table } = await refreshed(
      trial({
        table: 'kinds',
        source: ['{ name: id, logicalType: integer, physicalType: bigint, required: true }', ...columns],
        output: [
          '{ name: id, logicalType: integer, physicalType: bigint, primaryKey: true, primaryKeyPosition: 1, required: true }',
          ...columns,
        ],
      }),
    );
    expect(run.error).toBeNull();
    const mine = await texts(`select * from ${table}`);
    await warehouse.run(`set timezone to 'UTC'; drop table if exists expected; create table expected as
      select id, exact, huge, cost::numeric, ratio, small::text::float8, yes, day, at, local::timestamptz, clock, token, words, padded::text, feeling::text,
             bytes::text, doc, raw::jsonb, to_jsonb(point), tags, counts, amounts, address::text, case when span is not null then 'P1DT2H3M4S' end as span, coins::numeric from kinds`);
    expect(mine).toHaveLength(3);
    const theirs = await withSource(
      deps,
      trial({
        query: 'select 1 as id, expected::text as row from expected',
        source: [ID, '{ name: row, logicalType: string }'],
      }),
      async (source, db) => db.rows<{ row: string }>(`select "row" from ${(await source.read()).relation} order by 1`),
    );
    expect(theirs.map(({ row }) => row)).toEqual(mine);
  });
});

const NAMED = [ID, '{ name: name, logicalType: string }'];
const NAMED_OUTPUT = [KEY, '{ name: name, logicalType: string }'];

describe('what is asked for', () => {
  beforeAll(() =>
    warehouse.run(`create table "Order Lines" (id int primary key, name text, "changed At" timestamptz not null);
      insert into "Order Lines" select n, 'name ' || n, timestamptz '2024-01-01 00:00Z' + n * interval '1 day' from generate_series(1, 10) n;
      create view late as select * from "Order Lines" where id > 7`),
  );

  test.each([
    ['a table whose name has blanks', { table: 'Order Lines' }, 10],
    ['a view, its schema named', { table: 'public.late' }, 3],
    ['a query that ends in a comment', { query: 'select * from "Order Lines" where id % 2 = 0; -- the even' }, 5],
  ])('is %s', async (_, what, rows) => {
    expect(await rowsOf(deps, trial({ ...what, source: NAMED }))).toHaveLength(rows);
  });

  test('is what came since, the moment itself included', async () => {
    const rows = await rowsOf(deps, trial({ table: 'Order Lines', source: NAMED }), {
      since: { column: 'changed At', value: '2024-01-09 00:00:00+00' },
    });
    expect(rows.map((row) => row['id']).sort()).toEqual(['10', '8', '9']);
  });

  test('is in a merge only what changed since the last refresh', async () => {
    await warehouse.run(`create table changing (id int primary key, name text, at timestamptz not null);
      insert into changing select n, 'old', timestamptz '2024-01-01 00:00Z' from generate_series(1, 5) n`);
    const at = '{ name: at, logicalType: timestamp }';
    const small = {
      ...trial({
        table: 'changing',
        source: [
          '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }',
          NAMED[1]!,
          at,
        ],
        output: [...NAMED_OUTPUT, at],
      }),
      load: { loadMode: 'merge', watermark: 'at' },
    };
    const { product } = await plainPublish(database.pool, await smallProduct(small), { refresh: false });
    expect((await refreshHere(deps, product.id)).error).toBeNull();
    await warehouse.run(`update changing set name = 'unseen' where id = 1; update changing set name = 'new', at = '2024-02-01 00:00Z' where id = 5;
      insert into changing values (6, 'new', '2024-02-02 00:00Z'); update changing set at = '2023-01-01 00:00Z' where id < 5`);
    expect((await refreshHere(deps, product.id)).error).toBeNull();
    const names = await texts(`select id, name from trial.${small.name!}`);
    expect(names).toEqual(['(1,old)', '(2,old)', '(3,old)', '(4,old)', '(5,new)', '(6,new)']);
  });

  test('is looked at without reading it, and says what the contract does not know', async () => {
    const looked = await withSource(
      deps,
      trial({ query: 'select id, name, 1 / (id - id) as broken from late', source: NAMED }),
      async ({ columns, label }) => ({ label, columns: columns.map(({ name, declared }) => [name, declared?.says]) }),
    );
    expect(looked.columns).toEqual([
      ['id', 'integer'],
      ['name', 'text'],
      ['broken', 'integer'],
    ]);
    expect(looked.label).toContain('warehouse: ');
  });
});

describe('a source that is not as its contract says', () => {
  beforeAll(() =>
    warehouse.run(
      `create table shapes (id int primary key, name int, extra text); insert into shapes values (1, 2, 'x')`,
    ),
  );

  test('is refused with every difference, before anything is read', async () => {
    const { run } = await refreshed(
      trial({ table: 'shapes', source: [...NAMED, '{ name: gone, logicalType: date }'], output: NAMED_OUTPUT }),
    );
    expect(run.error).toMatchObject({ code: 'SOURCE_DRIFTED' });
    expect(run.error?.message).toContain(
      '~ name is integer where the contract says text; - gone (date) is missing; + extra is new',
    );
  });

  test.each([
    ['a table that is not there', { table: 'nowhere' }, 'SOURCE_MISSING', /relation "public.nowhere" does not exist/],
    ['a query of a column that is gone', { query: 'select gone as id from shapes' }, 'SOURCE_DRIFTED', /42703/],
    [
      'a wrong password',
      { table: 'shapes', secret: '${secret:WRONG}' },
      'SOURCE_MISSING',
      /password authentication failed/,
    ],
    [
      'a secret that nobody set',
      { table: 'shapes', secret: '${secret:NOBODY}' },
      'SOURCE_MISSING',
      /WEFT_SECRET_NOBODY/,
    ],
    ['a host that is not allowed', { table: 'shapes', host: 'db.example' }, 'FORBIDDEN', /WEFT_ALLOWED_HOSTS/],
    ['a query that fails', { query: 'select 1 / (id - id) as id from shapes' }, 'SOURCE_FAILED', /division by zero/],
    [
      'a query that takes too long',
      { query: 'select 1 as id from pg_sleep(20)', settings: ['{ property: timeoutSeconds, value: 1 }'] },
      'SOURCE_FAILED',
      /took longer than 1 s/,
    ],
  ])('%s is refused', async (_, what, code, message) => {
    const { run } = await refreshed(trial({ ...what, source: [ID] }));
    expect(run.error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('writes nothing, whatever its query calls', async () => {
    await warehouse.run(`create table written (id int); grant insert on written to ${warehouse.user};
      create function write() returns int language sql as 'insert into written values (1) returning id'`);
    const { run } = await refreshed(trial({ query: 'select write() as id', source: [ID] }));
    expect(run.error).toMatchObject({ code: 'SOURCE_FAILED', message: expect.stringContaining('read-only') });
  });
});

describe('a connection that breaks', () => {
  const MANY = 200_000;
  beforeAll(() =>
    warehouse.run(`create view many as select n as id, repeat('x', 50) as name from generate_series(1, ${MANY}) n`),
  );

  test('half-way is made anew, and the rows are all there once', async () => {
    const small = trial({ table: 'many', source: NAMED });
    const counted = await withSource(deps, small, async (source, db) => {
      warehouse.cut(2, 2_000_000);
      const { relation } = await source.read();
      return db.rows(`select count(*)::int as rows, count(distinct id)::int as ids from ${relation}`);
    });
    expect(counted).toEqual([{ rows: MANY, ids: MANY }]);
  });

  test('each time is given up, as a failure of the source and not of the database', async () => {
    const reading = withSource(deps, trial({ table: 'many', source: NAMED }), async (source) => {
      warehouse.cut(Infinity, 2_000_000);
      return source.read();
    });
    await expect(reading).rejects.toMatchObject({ code: 'SOURCE_FAILED', message: expect.stringContaining('5 times') });
  });

  test('is not waited for by who calls the run off: the statement ends on the server too', async () => {
    const controller = new AbortController();
    const reading = rowsOf(deps, trial({ query: 'select 1 as id from pg_sleep(600)', source: [ID] }), {
      signal: controller.signal,
    });
    while ((await warehouse.connections()) === 0) await sleep(20);
    await sleep(100);
    controller.abort(new Error('CANCELLED'));
    await expect(reading).rejects.toThrow('CANCELLED');
    // The server looks every few seconds whether its client is still there.
    while ((await warehouse.connections()) > 0) await sleep(100);
  });
});

test('a million rows pass without being held', async () => {
  await warehouse.run(
    `create view million as select n as id, repeat(md5(n::text), 8) as name from generate_series(1, 1000000) n`,
  );
  const small = trial({ table: 'million', source: NAMED });
  const held = await mostHeld(() =>
    withSource(deps, small, async (source, db) => {
      const { relation } = await source.read();
      const counted = await db.rows(
        `select count(*)::int as rows, sum(strlen(name))::bigint as bytes from ${relation}`,
      );
      expect(counted).toEqual([{ rows: 1_000_000, bytes: '256000000' }]);
    }),
  );
  expect(held).toBeLessThan(64 * 1024 * 1024);
});

describe('a check without the server', () => {
  test.each([
    ['a password in clear', { secret: 'hunter2' }, 'SERVER_PASSWORD', 'error'],
    [
      'a query that is none',
      { query: 'select 1) to stdout; drop table x; copy (select 1' },
      'SETTING_INVALID',
      'error',
    ],
    ['a query that writes', { query: 'delete from shapes' }, 'SETTING_INVALID', 'error'],
    ['two statements', { query: 'select 1; select 2' }, 'SETTING_INVALID', 'error'],
    ['no table at all', { table: 'weft.secrets' }, 'TABLE_NAME', 'error'],
    [
      'a setting that it does not know',
      { settings: ['{ property: timeout, value: 5 }'] },
      'SETTING_UNKNOWN',
      'warning',
    ],
    [
      'a setting of another type',
      { settings: ["{ property: timeoutSeconds, value: 'soon' }"] },
      'SETTING_INVALID',
      'error',
    ],
  ])('finds %s, with its place', async (_, what, code, severity) => {
    const { findings } = await checkedProduct(trial({ ...what, source: [ID] }));
    const found = findings.filter((finding) => finding.code === code);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ severity, file: 'source.odcs.yaml', line: expect.any(Number) });
  });
});
