import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { ProductId } from '../../../schema/ids.ts';
import { withDuckdb } from '../../../workflows/engines/duckdb.ts';
import type { RefreshDeps } from '../../../workflows/refresh/stage.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { CASES, CUSTOMERS } from '../engine-cases.ts';
import { engineProduct, type EngineProduct, made } from '../engine-product.ts';
import { plainPublish } from '../plain-publish.ts';
import { refreshDeps, refreshHere } from '../refresh-here.ts';

let database: TestDatabase;
let deps: RefreshDeps;

beforeAll(async () => {
  database = await cloneDatabase();
  deps = await refreshDeps(database);
  expect(await made(deps, CUSTOMERS)).toMatchObject({ phase: 'succeeded', error: null });
});
afterAll(() => database.drop());

const THINGS: EngineProduct = {
  name: 'things',
  engine: 'duckdb',
  sources: [
    {
      object: 'raw',
      format: 'csv',
      content: 'id,n\n1,10\n2,20\n',
      properties: ['{ name: id, logicalType: integer, required: true }', '{ name: n, logicalType: integer }'],
    },
  ],
  output: [
    '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }',
    '{ name: n, logicalType: integer }',
  ],
  transform: 'select id, n from raw',
};

describe('the same SQL makes the same rows in DuckDB as in Postgres', () => {
  test.each(CASES.map(({ title, ...product }) => [title, product] as const))('%s', async (_, product) => {
    const inPostgres = await made(deps, { ...product, engine: 'postgres' });
    expect(inPostgres).toMatchObject({ phase: 'succeeded', error: null });
    const inDuckdb = await made(deps, { ...product, name: `${product.name}-there`, engine: 'duckdb' });
    expect(inDuckdb).toEqual(inPostgres);
    expect(inDuckdb.rows.length).toBeGreaterThan(1);
  });
});

describe('in DuckDB', () => {
  const [RAW] = THINGS.sources as [EngineProduct['sources'][0]];
  const failing = async (name: string, change: Partial<EngineProduct>): Promise<string> => {
    const { phase, error, rows } = await made(deps, { ...THINGS, name, ...change });
    expect({ phase, rows }).toEqual({ phase: 'failed', rows: [] });
    return error ?? '';
  };

  test('rows that break the contract of a source are set aside, as those of a landing are', async () => {
    const content = 'id,n\n1,10\n2,many\n,30\n4,40,4\n5,50\n';
    const strict = await failing('strict', { sources: [{ ...RAW, content }] });
    expect(strict).toMatch(/^ROWS_REJECTED: 3 of 5 rows of "raw.csv" break raw.odcs.yaml/);
    const tolerant = { ...THINGS, name: 'tolerant', sources: [{ ...RAW, content, rejectedShareAllowed: 0.6 }] };
    expect(await made(deps, tolerant)).toMatchObject({
      rows: [
        ['1', '10'],
        ['5', '50'],
      ],
    });
    const { rows } = await database.pool.query<{ detail: unknown }>(
      `select detail from weft.stages where stage = 'transform' order by ended_at desc limit 1`,
    );
    expect(rows[0]?.detail).toMatchObject({ rowsRead: 5, rowsRejected: 3, rowsMade: 2 });
  });

  test.each([
    [
      'a column that is missing',
      'select id from raw',
      /^TRANSFORM_MISMATCH: transform.sql .* n \(integer\) is missing/,
    ],
    [
      'a column of another type',
      'select id, id > 1 as n from raw',
      /^TRANSFORM_MISMATCH: .* n is BOOLEAN, and integer/,
    ],
    [
      'a value that its type has no room for',
      'select id, n * cast(10000000000 as bigint) as n from raw',
      /^TRANSFORM_FAILED: transform.sql: n is "\d+", which is no integer\.$/,
    ],
    [
      'a value that is none',
      `select id, cast('x' as integer) as n\nfrom raw`,
      /^TRANSFORM_FAILED: transform.sql.*: Conversion Error/,
    ],
    ['a column that no input has', 'select id,\n  m as n from raw', /^TRANSFORM_FAILED: transform.sql:2: Binder Error/],
    ['a key twice', 'select 1 as id, n from raw', /^QUALITY_FAILED: /],
    ['a file of this machine', `select id, n from "/etc/passwd"`, /^TRANSFORM_REFUSED: .*: transform.sql:1:19: /],
  ])('%s refuses the run', async (title, transform, expected) => {
    expect(await failing(`p-${title.replaceAll(' ', '-')}`.slice(0, 40), { transform })).toMatch(expected);
  });

  test('a text with a NUL in a source is a row that breaks its contract, and one that the SQL makes refuses the run', async () => {
    const named = { ...RAW, properties: [...RAW.properties, '{ name: t, logicalType: string }'] };
    const output = [...THINGS.output, '{ name: t, logicalType: string }'];
    const content = 'id,n,t\n1,1,a\n2,2,b\0c\n3,3,d\n';
    const transform = 'select id, n, t from raw';
    expect(
      await made(deps, { ...THINGS, name: 'nuls', output, transform, sources: [{ ...named, content, rejectedShareAllowed: 0.5 }] }),
    ).toMatchObject({ phase: 'succeeded', rows: [['1', '1', 'a'], ['3', '3', 'd']] }); // prettier-ignore
    const made0 = await failing('nul-made', { output, transform: `select id, n, chr(0) as t from raw` });
    expect(made0).toMatch(/^TRANSFORM_FAILED: .*NUL/);
  });

  test('what goes beyond the memory is spilled, and what goes beyond the disk refuses the run', async () => {
    const transform = `select 1 as id, cast(sum(length(k)) as integer) as n from (
  select k, row_number() over (order by k) as place from (
    select md5(cast(i as varchar)) || repeat('x', 200) || md5(cast(-i as varchar)) as k from generate_series(1, 300000) as g (i)
  ) as keys
) as placed where place % 2 = 0 and exists (select 1 from raw)`;
    const small = { ...deps, duckdb: { memory: '96MB', disk: '2GB' } };
    expect(await made(small, { ...THINGS, name: 'spilled', transform })).toMatchObject({
      phase: 'succeeded',
      rows: [['1', '39600000']],
    });
    const smaller = { ...deps, duckdb: { memory: '96MB', disk: '2MB' } };
    expect(await made(smaller, { ...THINGS, name: 'unspilled', transform })).toMatchObject({
      phase: 'failed',
      error: expect.stringMatching(/^TRANSFORM_FAILED: transform.sql.*: Out of Memory Error/) as unknown,
    });
    expect(await readdir(deps.scratch)).toEqual([]);
  });

  test('a stage that is called off stops, and leaves nothing behind', async () => {
    const transform = `select max(a.i + b.i) as id, 1 as n
  from generate_series(1, 2000000) as a (i), generate_series(1, 2000000) as b (i), raw where a.i % 7 = b.i % 3`;
    const product = { ...THINGS, name: 'endless', transform };
    await plainPublish(deps.pool, await engineProduct(product), { refresh: false });
    const calling = new AbortController();
    const running = refreshHere(deps, 'trial/endless' as ProductId, (stage) => {
      if (stage === 'land') setTimeout(() => calling.abort(new Error('CANCELLED')), 1_000);
      return Promise.resolve();
    }, { signal: calling.signal }); // prettier-ignore
    await expect(running).rejects.toThrow();
    expect(await readdir(deps.scratch)).toEqual([]);
  });
});

describe('jailed, DuckDB', () => {
  const inJail = (work: (sql: (text: string) => Promise<unknown[]>, folder: string) => Promise<void>): Promise<void> =>
    withDuckdb({ scratch: deps.scratch, signal: new AbortController().signal }, async (db) => {
      const outside = await mkdtemp(join(tmpdir(), 'weft-outside-'));
      await writeFile(join(outside, 'in.csv'), 'a\n1\n');
      await writeFile(join(outside, 'beside.csv'), 'a\n2\n');
      await db.rows(`create view things as select * from read_csv('${outside}/in.csv')`);
      await db.jail([join(outside, 'in.csv')]);
      await work((text) => db.rows(text), outside);
    });

  test('reads its inputs, and writes into its own folder', () =>
    inJail(async (sql) => {
      expect(await sql('select * from things')).toEqual([{ a: '1' }]);
    }));

  test.each([
    `select * from read_csv('OUTSIDE/beside.csv')`,
    `select * from 'OUTSIDE/beside.csv'`,
    `select * from read_text('/proc/self/environ')`,
    `select * from read_blob('/etc/passwd')`,
    `select * from glob('OUTSIDE/*')`,
    `copy (select 1) to 'OUTSIDE/out.csv'`,
    `create table copied as from read_csv('OUTSIDE/beside.csv')`,
    `attach 'OUTSIDE/x.db'`,
    `export database 'OUTSIDE/all'`,
    `install httpfs`,
    `load httpfs`,
    `select * from read_parquet('https://example.com/x.parquet')`,
    `set enable_external_access = true`,
    `set allowed_directories = ['/']`,
    `reset allowed_paths`,
    `set memory_limit = '100GB'`,
    `set lock_configuration = false`,
    `set temp_directory = '/tmp'`,
  ])('is refused %s', (text) =>
    inJail(async (sql, outside) => {
      await expect(sql(text.replace('OUTSIDE', outside))).rejects.toThrow(
        /Permission Error|Invalid Input Error|has been locked|disabled|Not implemented Error/,
      );
    }),
  );
});
