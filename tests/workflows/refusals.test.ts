import { execFile } from 'node:child_process';
import { appendFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { ProductId } from '../../schema/ids.ts';
import { product } from '../../schema/ledger/products.ts';
import { withDuckdb } from '../../workflows/engines/duckdb.ts';
import type { RefreshDeps } from '../../workflows/refresh/stage.ts';
import { openSource } from '../../workflows/sources/open-source.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { clearForsaken } from '../../workflows/refresh/end.ts';
import { plainPublish } from './plain-publish.ts';
import { refreshDeps, refreshHere } from './refresh-here.ts';
import { smallProduct, type SmallProduct } from './small-product.ts';

const SOURCE = [
  '{ name: id, logicalType: integer, required: true }',
  '{ name: label, logicalType: string }',
  '{ name: weight, logicalType: number }',
];
const OUTPUT = [
  '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true, unique: true }',
  '{ name: label, logicalType: string }',
  '{ name: weight, logicalType: number }',
];
const GOOD = 'id,label,weight\n1,one,1.5\n2,two,2.5\n3,three,3.5\n';
const BASE: SmallProduct = { content: GOOD, source: SOURCE, output: OUTPUT };
const COPY = 'select id, label, weight from things';

let database: TestDatabase;
let deps: RefreshDeps;
let count = 0;

beforeAll(async () => {
  database = await cloneDatabase();
  deps = await refreshDeps(database);
});
afterAll(() => database.drop());

/** Publishes under a name of its own and refreshes. */
async function trial(small: Partial<SmallProduct>, prepare?: (folder: string) => Promise<void>) {
  const name = `things${(count += 1)}`;
  const transform = small.transform?.replaceAll('things', name);
  const folder = await smallProduct({ ...BASE, ...small, name, ...(transform === undefined ? {} : { transform }) });
  await prepare?.(folder);
  const { product: made } = await plainPublish(database.pool, folder, { refresh: false });
  return { id: made.id, folder, run: await refreshHere(deps, made.id), refresh: () => refreshHere(deps, made.id) };
}

async function rowsOf(id: ProductId): Promise<unknown[]> {
  const { rows } = await database.pool.query(`select * from trial.${id.slice('trial/'.length)} order by 1`);
  return rows;
}

async function runSchemas(): Promise<string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname like '%\\_\\_run\\_%'`,
  );
  return rows.map(({ name }) => name);
}

test('a good file is published, and nothing but its table and view stays', async () => {
  const { id, run } = await trial({});
  expect(run).toMatchObject({ phase: 'succeeded', datasetVersion: 1, error: null });
  expect(await rowsOf(id)).toEqual([
    { id: 1, label: 'one', weight: 1.5 },
    { id: 2, label: 'two', weight: 2.5 },
    { id: 3, label: 'three', weight: 3.5 },
  ]);
  expect(await runSchemas()).toEqual([]);
});

const utf8 = Buffer.concat([Buffer.from('id,label,weight\n1,one,1\n2,two'), Buffer.from([0xc3])]);

const REFUSED: [name: string, change: Partial<SmallProduct>, code: string, message: RegExp][] = [
  ['a missing file', { content: null }, 'SOURCE_MISSING', /"things.csv" is not there/],
  [
    'a path out of the folder',
    { file: '../../../../etc/passwd', content: null },
    'SOURCE_MISSING',
    /lies outside|is not there/,
  ],
  ['an absolute path', { file: '/etc/passwd', content: null }, 'SOURCE_MISSING', /is not there|lies outside/],
  ['an empty file', { content: '' }, 'SOURCE_INCOMPLETE', /has no byte/],
  ['a header without rows', { content: 'id,label,weight\n' }, 'SOURCE_INCOMPLETE', /has no row/],
  ['a header that is cut', { content: 'id,la' }, 'SOURCE_DRIFTED', /label \(text\) is missing.*weight/],
  [
    'a CSV cut in a row',
    { content: 'id,label,weight\n1,one,1\n2,tw' },
    'SOURCE_INCOMPLETE',
    /things.csv.*breaks off in line 3/,
  ],
  ['a CSV cut in a quote', { content: 'id,label,weight\n1,one,1\n2,"tw' }, 'SOURCE_INCOMPLETE', /breaks off in line 3/],
  ['a CSV cut in a character', { content: utf8 }, 'SOURCE_INCOMPLETE', /breaks off in line 3/],
  [
    'a gzip that is cut',
    { content: gzipSync('id,label,weight\n'.repeat(1000)).subarray(0, 60) },
    'SOURCE_INCOMPLETE',
    /things.csv/,
  ],
  [
    'a missing column',
    { content: 'id,label\n1,one\n' },
    'SOURCE_DRIFTED',
    /source.odcs.yaml.*- weight \(double precision\) is missing/,
  ],
  [
    'a renamed column',
    { content: 'id,name,weight\n1,one,1\n' },
    'SOURCE_DRIFTED',
    /- label \(text\) is missing; \+ name is new/,
  ],
  [
    'a retyped column',
    { content: 'id,label,weight\n1,one,heavy\n2,two,light\n' },
    'SOURCE_DRIFTED',
    /~ weight holds text such as "(heavy|light)"/,
  ],
  ['two columns of one name', { content: 'id,label,label\n1,one,1\n' }, 'SOURCE_DRIFTED', /two columns named "label"/],
  [
    'a value of another type',
    { content: 'id,label,weight\n1,one,1\n2,two,heavy\n' },
    'ROWS_REJECTED',
    /1 of 2 rows .*row 2: weight is "heavy" where the contract says double precision/,
  ],
  [
    'a required value that is missing',
    { content: 'id,label,weight\n1,one,1\n,two,2\n' },
    'ROWS_REJECTED',
    /row 2: id is nothing/,
  ],
  ['half an integer', { content: 'id,label,weight\n1,one,1\n2.5,two,2\n' }, 'ROWS_REJECTED', /row 2: id is "2.5"/],
  [
    'a row with too many fields',
    { content: 'id,label,weight\n1,one,1,9\n2,two,2\n' },
    'ROWS_REJECTED',
    /line 2 is no row/,
  ],
  [
    'a NUL character',
    { content: 'id,label,weight\n1,o\0ne,1\n2,two,2\n' },
    'ROWS_REJECTED',
    /row 1: label.*without a NUL/,
  ],
  [
    'JSON that is cut',
    { file: 'things.json', format: 'json', content: '[{"id":1,"label":"a","weight":1},{"id":2' },
    'SOURCE_INCOMPLETE',
    /things.json/,
  ],
  [
    'NDJSON that is cut',
    { file: 'things.ndjson', format: 'ndjson', content: '{"id":1,"label":"a","weight":1}\n{"id":2,"la' },
    'SOURCE_INCOMPLETE',
    /things.ndjson/,
  ],
  [
    'Parquet without its footer',
    { file: 'things.parquet', format: 'parquet', content: 'PAR1 and then nothing' },
    'SOURCE_INCOMPLETE',
    /no Parquet footer/,
  ],
  [
    'a damaged Parquet',
    { file: 'things.parquet', format: 'parquet', content: `PAR1${'x'.repeat(200)}PAR1` },
    'SOURCE_INCOMPLETE',
    /things.parquet/,
  ],
  [
    'a key that occurs twice',
    { content: 'id,label,weight\n1,one,1\n1,two,2\n' },
    'QUALITY_FAILED',
    /things\d+.id.unique: found 1 values more than once, such as "1" 2 times/,
  ],
  [
    'a rule of severity error',
    { quality: ['{ metric: rowCount, mustBeGreaterThan: 3 }'] },
    'QUALITY_FAILED',
    /rowCount: found 3, expected > 3/,
  ],
  [
    'an unknown column in the SQL',
    { transform: 'select id, label,\n  wieght from things' },
    'TRANSFORM_FAILED',
    /transform.sql:2:3: column "wieght" does not exist/,
  ],
  [
    'a column that the SQL does not yield',
    { transform: 'select id, label from things' },
    'TRANSFORM_MISMATCH',
    /transform.sql.*weight \(double precision\) is missing. Found: id, label. Expected: id, label, weight/,
  ],
  [
    'a column too many',
    { transform: 'select *, 1 as extra from things' },
    'TRANSFORM_MISMATCH',
    /extra is not in the contract/,
  ],
  [
    'a column of another type',
    { transform: 'select id, label, label as weight from things' },
    'TRANSFORM_MISMATCH',
    /weight is text, and double precision is expected/,
  ],
  [
    'a table that is not declared',
    { transform: 'select id, label, weight from weft.runs' },
    'TRANSFORM_REFUSED',
    /transform.sql:1:\d+: weft.runs is outside/,
  ],
  ['SQL that writes', { transform: 'delete from things' }, 'TRANSFORM_REFUSED', /DELETE is refused/],
  ['a second statement', { transform: `${COPY}; drop table things` }, 'TRANSFORM_REFUSED', /2 statements/],
  [
    'a division by zero',
    { transform: 'select id / 0 as id, label, weight from things' },
    'TRANSFORM_FAILED',
    /division by zero/,
  ],
  [
    'a key that the SQL makes twice',
    { transform: 'select 7 as id, label, weight from things' },
    'QUALITY_FAILED',
    /id.unique: found 1 values more than once, such as "7" 3 times/,
  ],
  [
    'a required value that the SQL leaves out',
    { transform: 'select nullif(id, 2) as id, label, weight from things' },
    'QUALITY_FAILED',
    /id.required: found 1 rows without a value/,
  ],
];

describe('is refused, with nothing changed', () => {
  test.each(REFUSED)('%s', async (_name, change, code, message) => {
    const { id, run } = await trial(change);
    expect(run).toMatchObject({ phase: 'failed', error: { code } });
    expect(run.error?.message).toMatch(message);
    expect(await product(database.pool, id)).toMatchObject({ liveVersion: null });
    // Rows that had landed are kept for a retry, for a while.
    await database.pool.query('update weft.runs set kept_until = now() where kept_until is not null');
    await clearForsaken(database.pool, 'expired');
    expect(await runSchemas()).toEqual([]);
  });

  test('a FIFO', async () => {
    const { run } = await trial({ content: null }, async (folder) => {
      await promisify(execFile)('mkfifo', [join(folder, 'things.csv')]);
    });
    expect(run.error).toMatchObject({ code: 'SOURCE_MISSING', message: expect.stringContaining('no regular file') });
  });

  test('a link that leads outside', async () => {
    const { run } = await trial({ content: null }, (folder) => symlink('/etc/passwd', join(folder, 'things.csv')));
    expect(run.error).toMatchObject({ code: 'SOURCE_MISSING', message: expect.stringContaining('outside') });
  });
});

test('after a good version a bad file leaves its rows live, and a good one again replaces them', async () => {
  const { id, folder, refresh } = await trial({});
  const before = await rowsOf(id);
  await writeFile(join(folder, 'things.csv'), 'id,label,weight\n9,nine,9\n8,eight,8');
  expect((await refresh()).error).toMatchObject({
    code: 'SOURCE_INCOMPLETE',
    message: expect.stringContaining('seems to be cut off'),
  });
  await rm(join(folder, 'things.csv'));
  expect((await refresh()).error).toMatchObject({ code: 'SOURCE_MISSING' });
  expect(await rowsOf(id)).toEqual(before);
  await writeFile(join(folder, 'things.csv'), 'id,label,weight\n9,nine,9\n');
  expect(await refresh()).toMatchObject({ phase: 'succeeded', datasetVersion: 2 });
  expect(await rowsOf(id)).toEqual([{ id: 9, label: 'nine', weight: 9 }]);
});

test.each([
  ['grows', (file: string) => appendFile(file, '4,four,4\n')],
  ['is replaced by another of the same size', (file: string) => rename(`${file}.other`, file)],
])('a file that %s while it is read is refused', async (_name, change) => {
  const folder = await smallProduct(BASE);
  const file = join(folder, 'things.csv');
  await writeFile(`${file}.other`, GOOD);
  const [port] = (await plainPublish(database.pool, folder, { refresh: false })).product.inputs;
  if (port?.kind !== 'server') throw new Error('The product has no source.');
  await withDuckdb({ scratch: deps.scratch, signal: new AbortController().signal }, async (db) => {
    const source = await openSource(
      {
        server: port.server,
        object: port.objects[0]!,
        folder,
        roots: [],
        hosts: deps.hosts,
        secrets: deps.secrets,
        connectors: deps.connectors,
        since: null,
        position: null,
        reader: 'trial/things' as ProductId,
        run: null,
        signal: new AbortController().signal,
      },
      db,
    );
    const rows = await source.read();
    await rows.verify();
    await change(file);
    await expect(rows.verify()).rejects.toMatchObject({
      code: 'SOURCE_INCOMPLETE',
      message: expect.stringContaining('changed while it was read'),
    });
    await source.close();
  });
});

test('rows that the contract tolerates to lose are set aside, and the others published', async () => {
  const { id, run } = await trial({ content: `${GOOD}4,four,heavy\nfive,five,5\n`, rejectedShareAllowed: 0.5 });
  expect(run).toMatchObject({ phase: 'succeeded' });
  expect(await rowsOf(id)).toHaveLength(3);
});

describe('one value that its column cannot hold costs one row, where the contract tolerates it, and the others arrive', () => {
  const NUMERIC = 'logicalType: number, physicalType: numeric';
  const LONG = 'logicalType: number, physicalType: "numeric(50,2)"';
  const SHORT = 'logicalType: number, physicalType: "numeric(6,2)"';
  const NUMBERS = 'logicalType: array, items: { name: item, logicalType: number, physicalType: numeric }';
  const WHOLES = 'logicalType: array, items: { name: item, logicalType: integer }';
  const CASES: [type: string, good: string, bad: string][] = [
    [NUMERIC, '1.50', 'heavy'],
    [NUMERIC, '1e400', '1e'],
    [LONG, '1.50', `1${'0'.repeat(48)}`],
    [LONG, '2e3', '1e60'],
    [SHORT, '9999.99', '10000'],
    ['logicalType: number', '1e300', '1e400'],
    ['logicalType: number', 'NaN', 'NaNa'],
    ['logicalType: object', '{""a"": [1.5e3, ""\\u00e9, NaN, [1,]""]}', '{""a"": '],
    ['logicalType: object', '1', '[1,]'],
    ['logicalType: object', '1', '{""a"": NaN}'],
    ['logicalType: object', '""\\\\u0000""', '""\\u0000""'],
    ['logicalType: object', '1e9999', '1e9999999'],
    ['logicalType: object', '1', '""\\ud800""'],
    ['logicalType: date', '2024-02-29', '-0044-03-15'],
    ['logicalType: date', '0001-01-01', '2024-02-30'],
    ['logicalType: date', 'infinity', '5881580-07-10'],
    ['logicalType: timestamp', '2024-02-29T10:00:00Z', '-0044-03-15 00:00:00'],
    ['logicalType: time', '24:00:00', '25:00'],
    [NUMBERS, '[1.5, null]', '[1.5, x]'],
    [WHOLES, '[1, 2]', '[1.5]'],
    ['logicalType: boolean', 'true', 'maybe'],
    ['logicalType: string, physicalType: uuid', '6f1c2b1e-7a51-4c9e-9f7e-0d0a4f6f2c11', '6f1c'],
  ];
  // Alone, and in a row that breaks the contract besides: COPY reads that too.
  test.each(CASES)('%s: %s, but not %s', async (type, good, bad) => {
    const value = `{ name: held, ${type} }`;
    const { id, run } = await trial({
      content: `id,label,held\n1,one,"${good}"\n2,two,"${bad}"\n,three,"${bad}"\n4,four,\n5,five,"${good}"\n`,
      source: [SOURCE[0]!, SOURCE[1]!, value],
      output: [OUTPUT[0]!, OUTPUT[1]!, value],
      rejectedShareAllowed: 0.5,
    });
    expect(run).toMatchObject({ phase: 'succeeded', error: null });
    expect(((await rowsOf(id)) as { id: number }[]).map((row) => row.id)).toEqual([1, 4, 5]);
  });

  // Of many digits, and nested deeply.
  test.each([
    ['numeric', '1'.repeat(140_000)],
    ['jsonb', '['.repeat(50_000) + ']'.repeat(50_000)],
  ])('what no check foresaw in a %s is a refusal that names the column', async (physical, held) => {
    const value = `{ name: held, logicalType: ${physical === 'jsonb' ? 'object' : 'number'}, physicalType: ${physical} }`;
    const { run } = await trial({
      content: `id,label,held\n1,one,${held}\n`,
      source: [SOURCE[0]!, SOURCE[1]!, value],
      output: [OUTPUT[0]!, OUTPUT[1]!, value],
      rejectedShareAllowed: 0.5,
    });
    expect(run.error?.code).toBe('ROWS_REJECTED');
    expect(run.error?.message).toContain('column held');
    expect(run.error?.message.length).toBeLessThan(500);
  });
});

test('an object may be named for what the platform sets aside', async () => {
  const folder = await smallProduct({
    ...BASE,
    name: 'rejects',
    content: `${GOOD}4,four,heavy\n`,
    rejectedShareAllowed: 0.5,
    transform: 'select id, label, weight from rejects',
  });
  const { product: made } = await plainPublish(database.pool, folder, { refresh: false });
  expect(await refreshHere(deps, made.id)).toMatchObject({ phase: 'succeeded', error: null });
  expect(await rowsOf(made.id)).toHaveLength(3);
});

test('null, empty text, quotes, line breaks, backslashes and letters of all kinds arrive as they were', async () => {
  const { id, run } = await trial({
    content:
      'id,label,weight\n1,,\n2,"",0\n3,"a ""b"", c",-1.5\n4,"two\nlines",1e-7\n5,\\N,2\n6,\\.,3\n7,žluťoučký 🐎,4\n8,NULL,5\n',
  });
  expect(run.error).toBeNull();
  expect((await rowsOf(id)).map((row) => (row as { label: string | null }).label)).toEqual([
    null,
    '',
    'a "b", c',
    'two\nlines',
    '\\N',
    '\\.',
    'žluťoučký 🐎',
    'NULL',
  ]);
  expect(((await rowsOf(id))[0] as { weight: number | null }).weight).toBeNull();
});

test.each([
  ['TSV', { file: 'things.tsv', format: 'tsv', content: GOOD.replaceAll(',', '\t') }],
  ['gzipped CSV', { content: gzipSync(GOOD) }],
  [
    'JSON',
    {
      file: 'things.json',
      format: 'json',
      content: '[{"id":1,"label":"one","weight":1.5},{"id":"2","weight":2.5},{"id":3,"label":null,"weight":3.5}]',
    },
  ],
  [
    'NDJSON',
    {
      file: 'things.ndjson',
      format: 'ndjson',
      content: '{"id":1,"label":"one","weight":1.5}\n{"id":2,"weight":2.5}\n{"id":3,"weight":3.5}',
    },
  ],
])('%s is read', async (_name, change) => {
  const { id, run } = await trial(change);
  expect(run.error).toBeNull();
  expect(((await rowsOf(id)) as { weight: number }[]).map(({ weight }) => weight)).toEqual([1.5, 2.5, 3.5]);
});

test('a transformation makes the table, whatever the case and underscores of its columns', async () => {
  const { id, run } = await trial({
    transform: 'select ID, upper(label) as "LABEL", weight * 2 as we_ight from things; -- done',
  });
  expect(run.error).toBeNull();
  expect(await rowsOf(id)).toContainEqual({ id: 3, label: 'THREE', weight: 7 });
});

test('a column that the contract does not know is noted and left out', async () => {
  const { id, run } = await trial({ content: 'id,label,colour,weight\n1,one,red,1.5\n' });
  expect(run.phase).toBe('succeeded');
  expect(await rowsOf(id)).toEqual([{ id: 1, label: 'one', weight: 1.5 }]);
});

test('quality results are kept with what was measured; a failed warning does not hold up the data', async () => {
  const { run } = await trial({
    content: `${GOOD}4,one,9\n5,,9\n`,
    quality: [
      '{ metric: rowCount, mustBeBetween: [1, 10] }',
      '{ metric: duplicateValues, arguments: { properties: [label, weight] }, mustBe: 0, severity: warning }',
      '{ name: light, type: sql, query: "select count(*) from ${object} where weight > 5", mustBeLessThan: 2, severity: warning }',
      '{ type: text, description: Looks fine. }',
    ],
  });
  expect(run.phase).toBe('succeeded');
  const { rows } = await database.pool.query(
    'select outcome, severity, measured, expected from weft.quality_results where run_id = $1 order by rule',
    [run.id],
  );
  expect(rows).toEqual([
    { outcome: 'failed', severity: 'warning', measured: '2', expected: '< 2' },
    { outcome: 'passed', severity: 'warning', measured: '0', expected: '= 0' },
    { outcome: 'passed', severity: 'error', measured: '5', expected: 'between 1 and 10' },
    { outcome: 'skipped', severity: 'error', measured: null, expected: null },
  ]);
});

test('a rule whose SQL fails on a row says so, and the others are measured all the same', async () => {
  const { run } = await trial({
    quality: [
      '{ name: a-sum, type: sql, query: "select sum(weight) from {object}", mustBeGreaterThan: 0, severity: warning }',
      '{ name: joined, type: sql, query: "select count(*) from {object} o where exists (select from {object} p where p.id > o.id)", mustBe: 2, severity: warning }',
      '{ name: many, metric: rowCount, mustBe: 3, severity: warning }',
      '{ name: ratio, type: sql, query: "select count(*) from {object} where 1 / (id - 1) > 0", mustBe: 0, severity: warning }',
      '{ name: share, type: sql, query: "select count(*) from {object} where id > 2", unit: percent, mustBe: 1, severity: warning }',
    ],
  });
  expect(run.phase).toBe('succeeded');
  const { rows } = await database.pool.query(
    'select rule, outcome, measured from weft.quality_results where run_id = $1 order by rule',
    [run.id],
  );
  expect(rows).toEqual([
    { rule: 'a-sum', outcome: 'passed', measured: expect.any(String) },
    { rule: 'joined', outcome: 'passed', measured: '2' },
    { rule: 'many', outcome: 'passed', measured: '3' },
    { rule: 'ratio', outcome: 'failed', measured: 'no value: division by zero' },
    { rule: 'share', outcome: 'passed', measured: '1' },
  ]);
});

test('a rule that fails names some of the rows, by key; what is classified is hidden', async () => {
  const { run } = await trial({
    content: `${GOOD}4,four,9\n5,,9\n`,
    output: [
      '{ name: id, logicalType: integer, primaryKey: true, required: true }',
      '{ name: label, logicalType: string, classification: restricted, quality: [{ name: known, metric: invalidValues, arguments: { validValues: [one, two, three] }, mustBe: 0, severity: warning }] }',
      '{ name: weight, logicalType: number, quality: [{ name: light, metric: invalidValues, arguments: { maximum: 5 }, mustBe: 0, severity: warning }] }',
    ],
    quality: [
      '{ name: heavy, metric: duplicateValues, arguments: { properties: [weight] }, mustBe: 0, severity: warning }',
      '{ name: many, metric: rowCount, mustBeLessThan: 5, severity: warning }',
    ],
  });
  expect(run.phase).toBe('succeeded');
  const { rows } = await database.pool.query(
    'select rule, samples from weft.quality_results where run_id = $1 order by rule',
    [run.id],
  );
  const both = [
    { id: '4', weight: '9' },
    { id: '5', weight: '9' },
  ];
  expect(rows).toEqual([
    { rule: 'heavy', samples: both },
    { rule: 'known', samples: [{ id: '4', label: '•••' }] },
    { rule: 'light', samples: both },
    { rule: 'many', samples: [] },
  ]);
});

test('rules of other tools that count as the standard does are executed; the others are listed, with the reason', async () => {
  const { run } = await trial({
    content: `${GOOD}4,,9\n5,five,9\n`,
    quality: [
      `{ name: gx, type: custom, engine: greatExpectations, severity: warning, implementation: { type: expect_column_values_to_be_in_set, kwargs: { column: label, value_set: [one, two, three], mostly: 0.8 } } }`,
      `{ name: gx few, type: custom, engine: greatExpectations, implementation: { type: expect_column_values_to_be_in_set, kwargs: { column: label, value_set: [one, two, three], mostly: 0.75 } } }`,
      `{ name: soda, type: custom, engine: soda, implementation: 'row_count between 1 and 5' }`,
      `{ name: soda missing, type: custom, engine: soda, implementation: 'missing_percent(label) < 20', severity: warning }`,
      `{ name: unknown, type: custom, engine: soda, implementation: 'avg(weight) < 20' }`,
    ],
  });
  expect(run.phase).toBe('succeeded');
  const { rows } = await database.pool.query(
    'select rule, outcome, measured, expected from weft.quality_results where run_id = $1 order by rule',
    [run.id],
  );
  expect(rows).toEqual([
    { rule: 'gx', outcome: 'failed', measured: '25', expected: '≤ 20 percent' },
    { rule: 'gx few', outcome: 'passed', measured: '25', expected: '≤ 25 percent' },
    { rule: 'soda', outcome: 'passed', measured: '5', expected: 'between 1 and 5' },
    { rule: 'soda missing', outcome: 'failed', measured: '20', expected: '< 20 percent' },
    {
      rule: 'unknown',
      outcome: 'skipped',
      measured: expect.stringContaining('not checked: its check is'),
      expected: null,
    },
  ]);
});

test('only the newest three versions keep their tables, once the grace is over', async () => {
  const { id, refresh } = await trial({});
  for (let version = 2; version <= 4; version++) await refresh();
  await database.pool.query(
    `update weft.dataset_versions set superseded_at = superseded_at - interval '1 day' where product_id = $1`,
    [id],
  );
  await refresh();
  const { rows } = await database.pool.query(
    `select version, dropped_at is not null as dropped from weft.dataset_versions where product_id = $1 order by 1`,
    [id],
  );
  expect(rows).toEqual([1, 2, 3, 4, 5].map((version) => ({ version, dropped: version <= 2 })));
  expect(await rowsOf(id)).toHaveLength(3);
});
