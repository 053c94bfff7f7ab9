import { describe, expect, test } from '@jest/globals';
import { linkMesh } from '../../../schema/contract/link.ts';
import { checkProductSql } from '../../../schema/contract/product-sql.ts';
import { checkExpression, checkSelect, fillPlaceholders } from '../../../schema/contract/sql.ts';
import { productOf } from './product-files.ts';

const ask = (sql: string) => checkSelect({ sql, file: 'transform.sql', relations: ['flights', 'airports'] });

test.each([
  ['select * from flights', ['flights']],
  [
    'with f as (select * from flights) select f.* from f left join airports a on a.iata = f.origin',
    ['airports', 'flights'],
  ],
  ['with recursive t as (select 1 as n union all select n + 1 from t where n < 5) select n from t', []],
  ['select id from flights union select iata from airports', ['airports', 'flights']],
  [
    'select row_number() over (partition by a order by b), count(*) filter (where a) from flights group by rollup (a)',
    ['flights'],
  ],
  ['select (select max(delay) from flights), exists (select from airports)', ['airports', 'flights']],
  ['select x from flights, lateral generate_series(1, 2) x', ['flights']],
  [
    "select extract(year from d), trim(both 'x' from a), a similar to 'b', a::numeric(3,1), interval '1 day', json_object('a': 1) from flights",
    ['flights'],
  ],
  ["values ('SEA', 1)", []],
  ['-- why\nselect 1 as id', []],
])('%s is allowed', async (sql, relations) => {
  expect(await ask(sql)).toEqual({ allowed: true, findings: [], relations });
});

describe('refused, in its place', () => {
  test.each(
    [
      ['select 1; drop table flights', 'SQL_STATEMENTS', '1:11'],
      ["copy flights to program 'sh'", 'SQL_NOT_SELECT', '1:1'],
      ['\n  set role weft', 'SQL_NOT_SELECT', '2:3'],
      ['reset role', 'SQL_NOT_SELECT', '1:1'],
      ['do $$ begin end $$', 'SQL_NOT_SELECT', '1:1'],
      ["create function f() returns int language sql security definer as 'select 1'", 'SQL_NOT_SELECT', '1:1'],
      ['grant all on flights to public', 'SQL_NOT_SELECT', '1:1'],
      ["alter role x password 'y'", 'SQL_NOT_SELECT', '1:1'],
      ['notify weft', 'SQL_NOT_SELECT', '1:1'],
      ['explain select 1', 'SQL_NOT_SELECT', '1:1'],
      ['with d as (delete from flights returning *) select * from d', 'SQL_REFUSED', '1:1'],
      ['select * into mine from flights', 'SQL_INTO', '1:15'],
      ['select * from flights for update', 'SQL_LOCK', '-'],
      ['select * from weft.runs', 'SQL_SCHEMA', '1:15'],
      ['select * from pg_stat_activity', 'SQL_RELATION', '1:15'],
      ['select * from f where exists (with f as (select 1) select * from f)', 'SQL_RELATION', '1:15'],
      ["select 'é',\n  pg_sleep(9) from flights", 'SQL_FUNCTION', '2:3'],
      ["select set_config('role', 'none', false)", 'SQL_FUNCTION', '1:8'],
      ["select pg_read_file('/etc/passwd')", 'SQL_FUNCTION', '1:8'],
      ["select lo_import('/etc/passwd')", 'SQL_FUNCTION', '1:8'],
      ['select pg_advisory_lock(1)', 'SQL_FUNCTION', '1:8'],
      ["select query_to_xml('delete from flights', true, true, '')", 'SQL_FUNCTION', '1:8'],
      ["select * from dblink('host=x', 'select 1') as t (a int)", 'SQL_FUNCTION', '1:15'],
      ['select public.mine()', 'SQL_FUNCTION', '1:8'],
      ['select random() from flights', 'SQL_FUNCTION', '1:8'],
      ["select 'weft.runs'::regclass", 'SQL_TYPE', '1:21'],
      ['select 1 operator(public.+) 2', 'SQL_OPERATOR', '1:10'],
      ['select $1', 'SQL_REFUSED', '1:8'],
      ['select from flights tablesample system (1)', 'SQL_REFUSED', '1:33'],
      ['selec 1', 'SQL_SYNTAX', '1:1'],
      ["select 'é' from from", 'SQL_SYNTAX', '1:17'],
      ['', 'SQL_EMPTY', '-'],
      ['-- nothing', 'SQL_EMPTY', '-'],
      [`select ${'not '.repeat(10_000)}true`, 'SQL_TOO_DEEP', '-'],
      [`select ${'('.repeat(20_000)}1`, 'SQL_TOO_DEEP', '-'],
      [`select '${'x'.repeat(70_000)}'`, 'SQL_TOO_LARGE', '-'],
    ].map(([sql = '', ...rest]) => [sql.slice(0, 60), sql, ...rest] as const),
  )('%s', async (_, sql, code, place) => {
    const { allowed, findings } = await ask(sql);
    expect(allowed).toBe(false);
    expect(findings[0]).toMatchObject({ code, severity: 'error', file: 'transform.sql' });
    const { line, column } = findings[0]!;
    expect(line === null ? '-' : `${line}:${column}`).toBe(place);
  });
});

test('all that is wrong is found at once', async () => {
  const { findings } = await ask('select pg_sleep(1), random()\nfrom a join weft.b on true');
  expect(findings.map(({ code, line }) => `${code} ${line}`).sort()).toEqual([
    'SQL_FUNCTION 1',
    'SQL_FUNCTION 1',
    'SQL_RELATION 2',
    'SQL_SCHEMA 2',
  ]);
});

test.each([
  ['origin || destination', true],
  ['sum(price) / nullif(count(distinct id), 0)', true],
  ['a -- and a word', true],
  ['1) from flights union select (2', false],
  ['a, b', false],
  ['1) from flights; drop table flights; select (1', false],
  ['(select max(id) from weft.runs)', false],
])('as an expression, %s: %s', async (sql, allowed) => {
  expect((await checkExpression({ sql, file: null, relations: ['flights'], over: 'flights' })).allowed).toBe(allowed);
});

test.each([
  [
    'select count(*) from ${object} where ${property} is null',
    'select count(*) from "flights" where "tail_number" is null',
  ],
  ['select count(*) from {object} where {property} < 0', 'select count(*) from "flights" where "tail_number" < 0'],
  [
    'select count(*) from ${table} where ${column} = $$x$$',
    'select count(*) from "flights" where "tail_number" = $$x$$',
  ],
])('placeholders of %s are filled', (query, filled) => {
  expect(fillPlaceholders(query, { object: 'flights', property: 'tail_number' })).toBe(filled);
});

test('all SQL of a product is judged: transformation, logic, measures, quality', async () => {
  const KEY = '{ name: id, logicalType: integer, primaryKey: true }';
  const product = productOf({
    id: 'shop/things',
    properties: [
      KEY,
      "{ name: a, logicalType: string, transformLogic: 'pg_sleep(1)' }",
      '{ name: m, semanticType: measure, logicalType: number, transformLogic: sum(a), b }'.replace(
        'sum(a), b',
        "'sum(a), b'",
      ),
    ],
    extra: "quality: [{ type: sql, query: 'select count(*) from ${object} join elsewhere on true', mustBe: 0 }]",
  });
  const { mesh } = linkMesh([product]);
  const findings = await checkProductSql(product, mesh.inputs.get(product.id) ?? []);
  expect(findings.map(({ code, file, path }) => `${code} ${file} ${path}`)).toEqual([
    'SQL_FUNCTION out.odcs.yaml things.a.transformLogic',
    'SQL_RELATION out.odcs.yaml things: things.sql',
    'SQL_NOT_EXPRESSION out.odcs.yaml schema[0].properties[2].transformLogic',
  ]);
  const sql = productOf({ id: 'shop/things', transform: 'select * from other' });
  expect((await checkProductSql(sql, []))[0]).toMatchObject({
    code: 'SQL_RELATION',
    file: 'transform.sql',
    line: 1,
    column: 15,
  });
});
