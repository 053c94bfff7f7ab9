import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from '@jest/globals';

import { DIALECTS } from '../../../schema/contract/engines.ts';
import type { ProductFile } from '../../../schema/contract/model.ts';
import { checkProductSql } from '../../../schema/contract/product-sql.ts';
import { readProduct } from '../../../schema/contract/read.ts';
import { checkSelect } from '../../../schema/contract/sql.ts';
import { sketch } from './product-files.ts';

function withEngine(engine: string, { transform = 'select * from things', outEngine = '' } = {}): ProductFile[] {
  const said = (value: string): string => `customProperties:\n  - { property: engine, value: ${value} }\n`;
  return [
    ...sketch({ id: 'shop/things' }).map(({ path, text }) => ({
      path,
      text:
        path === 'product.odps.yaml'
          ? text + said(engine)
          : path === 'out.odcs.yaml' && outEngine !== ''
            ? text + said(outEngine)
            : text,
    })),
    ...(transform === '' ? [] : [{ path: 'transform.sql', text: transform }]),
  ];
}
const read = (files: readonly ProductFile[]) => readProduct(files, { folder: 'things' });

test.each([
  ['duckdb', {}, 'duckdb', []],
  ['spark', {}, 'spark', []],
  ['duckdb', { outEngine: 'duckdb' }, 'duckdb', []],
  ['postgres', { transform: '' }, 'postgres', []],
  ['duckdb', { transform: '' }, 'postgres', ['ENGINE_UNUSED']],
])('engine %s with %j is %s', (engine, more, expected, codes) => {
  const { product, findings } = read(withEngine(engine, more));
  expect(findings.map(({ code }) => code)).toEqual(codes);
  expect(product?.engine).toBe(expected);
});

test.each([
  ['snowflake', {}, 'ENGINE_UNKNOWN'],
  ['[]', {}, 'ENGINE_UNKNOWN'],
  ['duckdb', { outEngine: 'spark' }, 'ENGINE_TWICE'],
])('engine %s with %j is %s', (engine, more, code) => {
  expect(read(withEngine(engine, more)).findings.map((finding) => finding.code)).toEqual([code]);
});

test('another engine is another shape of the data, and naming the usual one is none', () => {
  const digest = (engine: string): string | undefined => read(withEngine(engine)).product?.dataDigest;
  const unnamed = read(withEngine('duckdb').map((file) => ({ ...file, text: file.text.replace(/customProp.*/s, '') })));
  expect(digest('postgres')).toBe(unnamed.product?.dataDigest);
  expect(new Set([digest('postgres'), digest('duckdb'), digest('spark')]).size).toBe(3);
});

test('what an engine lacks, or takes for something else, is refused with its place', async () => {
  const sql = `select to_char(now(), 'YYYY'), id::numeric from rows where name ~ 'a' and id in (1, 2)`;
  const codesFor = async (engine: string): Promise<string[]> => {
    const { product } = read(withEngine(engine, { transform: sql }));
    const findings = await checkProductSql(product!, []);
    return findings.map(({ code, line, column }) => `${code} ${line}:${column}`);
  };
  expect(await codesFor('postgres')).toEqual([]);
  expect(await codesFor('duckdb')).toEqual(['SQL_FUNCTION 1:8', 'SQL_TYPE 1:36', 'SQL_OPERATOR 1:65']);
  expect(await codesFor('spark')).toEqual(['SQL_TYPE 1:36', 'SQL_OPERATOR 1:65']);
});

test('a quality query, which runs in Postgres, cannot name a source that never lands there', async () => {
  const codesFor = async (engine: string): Promise<string[]> => {
    const extra = `quality: [{ type: sql, query: 'select count(*) from rows', mustBe: 0 }]`;
    const { product } = read([
      ...sketch({ id: 'shop/things', extra, contract: `customProperties: [{ property: engine, value: ${engine} }]` }),
      { path: 'transform.sql', text: 'select id from rows' },
    ]);
    return (await checkProductSql(product!, [])).map(({ code }) => code);
  };
  expect(await codesFor('postgres')).toEqual([]);
  expect(await codesFor('duckdb')).toEqual(['SQL_RELATION']);
});

test.each([
  `select * from read_csv('/etc/passwd')`,
  `select * from read_text('/etc/passwd')`,
  `select * from "/etc/passwd"`,
  `select * from glob('/*')`,
  `select getenv('PATH')`,
  `select current_setting('temp_directory')`,
  `select * from query('select 1')`,
  `select * from duckdb_settings()`,
  `select * from information_schema.tables`,
  `attach 'x.db'`,
  `install httpfs`,
  `copy things to '/tmp/out.csv'`,
  `set memory_limit = '100GB'`,
  `select reflect('java.lang.System', 'getenv', 'PATH')`,
  `select java_method('java.lang.System', 'exit', 1)`,
  `select * from csv."/etc/passwd"`,
  `select input_file_name() from things`,
])('%s is refused for every engine', async (sql) => {
  for (const engine of ['postgres', 'duckdb', 'spark'] as const)
    expect((await checkSelect({ sql, file: null, relations: ['things'], engine })).allowed).toBe(false);
});

test.each([
  ['select 1 /* /* */ union all select 2 /* */ */', false, false],
  ['select 1 as a\u00a0b', false, false],
  [`select 'a\\b'`, true, false],
  [`select '\${env:PATH}'`, true, false],
  ['select 1 /* a comment */ -- and another', true, true],
])('%j is the same text to DuckDB: %s, and to Spark: %s', async (sql, duckdb, spark) => {
  const allowed = async (engine: 'postgres' | 'duckdb' | 'spark'): Promise<boolean> =>
    (await checkSelect({ sql, file: null, relations: [], engine })).allowed;
  expect([await allowed('postgres'), await allowed('duckdb'), await allowed('spark')]).toEqual([true, duckdb, spark]);
});

test('what DuckDB is said to have, it has', async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const found = await connection.runAndReadAll('select distinct function_name from duckdb_functions()');
  const there = new Set(found.getRows().map(([name]) => name));
  connection.closeSync();
  instance.closeSync();
  // What Postgres' grammar makes of `trim(…)`, `a at time zone b`, `like … escape` and types that are called.
  const syntax = new Set(['btrim', 'date', 'timestamp', 'time', 'interval', 'grouping', 'extract']);
  const absent = [...DIALECTS.duckdb.functions].filter((name) => !there.has(name) && !syntax.has(name));
  expect(absent).toEqual([]);
});
