import { afterEach, expect, test } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { DuckDBInstance } from '@duckdb/node-api';
import { parse } from 'yaml';

import { folderOf, weft, type Ran } from './weft.ts';

const DATA = fileURLToPath(new URL('../../../node_modules/vega-datasets/data', import.meta.url));
const removals: (() => void)[] = [];

function folder(files: Readonly<Record<string, string>>): string {
  const { path, remove } = folderOf(files);
  removals.push(remove);
  return path;
}

afterEach(() => removals.splice(0).forEach((remove) => remove()));

interface Property {
  readonly name: string;
  readonly physicalName?: string;
  readonly logicalType: string;
  readonly physicalType?: string;
  readonly primaryKey?: boolean;
  readonly required?: boolean;
  readonly unique?: boolean;
  readonly classification: string;
  readonly enum?: readonly { value: string }[];
  readonly examples?: readonly unknown[];
}

/** Drafts `sales/returns`, which must pass its check at once; answers the contract of what comes out. */
async function drafted(cwd: string, ...args: string[]): Promise<{ ran: Ran; properties: Property[]; text: string }> {
  const ran = await weft(['init', 'sales/returns', ...args], { cwd });
  expect(ran.err).not.toContain('error');
  expect(ran.code).toBe(0);
  const checked = await weft(['check', 'returns', '--offline', '--json'], { cwd });
  const { findings } = checked.json<{ findings: { severity: string }[] }>();
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(checked.code).toBe(0);
  const text = readFileSync(join(cwd, 'returns/returns.odcs.yaml'), 'utf8');
  return { ran, text, properties: (parse(text) as { schema: { properties: Property[] }[] }).schema[0]!.properties };
}

const typesOf = (properties: readonly Property[]): Record<string, string> =>
  Object.fromEntries(properties.map(({ name, logicalType, physicalType }) => [name, physicalType ?? logicalType]));

function csv(count: number, row: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => row(index)).join('\n');
}

test('a CSV becomes contracts whose types, key, enum and examples are of its values, each guess with its evidence', async () => {
  const rows = csv(
    200,
    (at) =>
      `${at + 1},R-${1000 + at},${['open', 'closed', 'lost'][at % 3]},${at % 2 === 0},2026-01-${String((at % 28) + 1).padStart(2, '0')},${at}.5,${at}.25,0${at},person${at}@x.example,${at % 10 === 0 ? '' : 'note'}`,
  );
  const cwd = folder({
    'in/data.csv': `Return ID,Order Number,status,paid,day,weight,price,post code,contact,remark\n${rows}\n`,
  });
  const { ran, properties, text } = await drafted(cwd, '--from', 'in/data.csv');
  expect(typesOf(properties)).toEqual({
    returnId: 'integer',
    orderNumber: 'string',
    status: 'string',
    paid: 'boolean',
    day: 'date',
    weight: 'double precision',
    price: 'decimal(18,2)',
    postCode: 'string',
    contact: 'string',
    remark: 'string',
  });
  const of = (name: string): Property => properties.find((property) => property.name === name)!;
  expect(properties.filter(({ primaryKey }) => primaryKey).map(({ name }) => name)).toEqual(['returnId']);
  expect(of('orderNumber').unique).toBe(true);
  expect(of('status').enum?.map(({ value }) => value)).toEqual(['closed', 'lost', 'open']);
  expect(of('remark').required).toBeUndefined();
  expect(of('contact')).toMatchObject({ classification: 'confidential' });
  expect(of('contact').examples).toBeUndefined();
  expect(text).not.toContain('person1@');
  expect(text).toContain('primaryKey: true # guess: 200 of 200 distinct');
  expect(text).toContain('# guess: 3 different values in 200 rows; a further one would be refused');
  expect(text).toContain(
    'classification: confidential # guess: it may be of persons: its values look like e-mail addresses',
  );
  expect(text).toContain('mustBeGreaterThan: 0 # guess: 200 rows were seen; an empty load would be a fault');
  expect(existsSync(join(cwd, 'returns/data.csv'))).toBe(true);
  expect(ran.err).toMatch(/guesses marked `# guess:`: confirm what stands in returns, then: weft check returns/);
});

test.each([
  ['tsv', 'returns.tsv', 'id\tsize\n1\t2\n3\t4\n'],
  ['csv by semicolons', 'returns.csv', 'id;size\n1;2\n3;4\n'],
  ['json', 'returns.json', '[{"id": 1, "size": 2}, {"id": 3, "size": 4}]'],
  ['ndjson', 'returns.ndjson', '{"id": 1, "size": 2}\n{"id": 3, "size": 4}\n'],
  ['ndjson that is named json', 'returns.json', '{"id": 1, "size": 2}\n{"id": 3, "size": 4}\n'],
])('%s is read as a refresh will read it', async (_, name, content) => {
  const cwd = folder({ [name]: content });
  const { properties } = await drafted(cwd, '--from', name);
  expect(typesOf(properties)).toEqual({ id: 'integer', size: 'integer' });
});

test('a gzipped file is read too', async () => {
  const cwd = folder({});
  writeFileSync(join(cwd, 'returns.csv.gz'), gzipSync('id,size\n1,2\n3,4\n'));
  const { properties } = await drafted(cwd, '--from', 'returns.csv.gz');
  expect(properties.map(({ name }) => name)).toEqual(['id', 'size']);
});

test('Parquet has types of its own; bytes are left out, and said', async () => {
  const cwd = folder({});
  const duckdb = await DuckDBInstance.create(':memory:');
  const connection = await duckdb.connect();
  await connection.run(
    `copy (select range::bigint as "Key", 1::utinyint as small, 1.5::decimal(9,2) as price, {'a': 1} as nested, [1, 2] as list,
       uuid() as uid, now() as at, 'x'::blob as bytes, null::varchar as nothing from range(50)) to '${join(cwd, 'r.parquet')}' (format parquet)`,
  );
  connection.closeSync();
  duckdb.closeSync();
  const { ran, properties } = await drafted(cwd, '--from', 'r.parquet');
  expect(typesOf(properties)).toEqual({
    key: 'bigint',
    small: 'integer',
    price: 'decimal(9,2)',
    nested: 'json',
    list: 'array',
    uid: 'uuid',
    at: 'timestamp',
    nothing: 'string',
  });
  expect(ran.err).toContain('bytes is left out: it holds bytes');
});

test('where no column tells rows apart, two that do together are the key, else the number of the row, with what to do', async () => {
  const together = folder({
    'a.csv': `city,day,rain\n${csv(60, (at) => `c${at % 3},2026-01-${String((at % 20) + 1).padStart(2, '0')},${at % 7}`)}\n`,
  });
  expect(
    (await drafted(together, '--from', 'a.csv')).properties
      .filter(({ primaryKey }) => primaryKey)
      .map(({ name }) => name),
  ).toEqual(['city', 'day']);
  const alike = folder({ 'a.csv': `city,rain\n${csv(60, (at) => `c${at % 3},${at % 7}`)}\n` });
  const { properties, text } = await drafted(alike, '--from', 'a.csv');
  expect(properties.filter(({ primaryKey }) => primaryKey).map(({ name }) => name)).toEqual(['rowNumber']);
  expect(text).toContain(
    'no column, nor two together, tells rows apart in 60 rows (nearest: rain, about 7 of 60 distinct); set primaryKey on what does',
  );
});

test('values of mixed types are text, and it says how many are not', async () => {
  const cwd = folder({ 'a.csv': `id,size,none\n${csv(50, (at) => `${at},${at === 7 ? 'n/a' : at},`)}\n` });
  const { properties, text } = await drafted(cwd, '--from', 'a.csv');
  expect(typesOf(properties)).toEqual({ id: 'integer', size: 'string', none: 'string' });
  expect(text).toContain('logicalType: string # guess: only 49 of 50 values are whole numbers of 32 bits');
  expect(text).toContain('logicalType: string # guess: no value was seen, so it is text');
});

test('odd names of columns become names that a field, a column and a filter can have', async () => {
  const header = [
    'a b',
    'A-B',
    'ab',
    'and',
    'null',
    'ctid',
    '1st',
    '数量',
    'naïve €',
    '"x""y"',
    'select',
    '__typename',
    '_',
    'x'.repeat(90),
    'row_number',
    '# a: b',
  ];
  const cwd = folder({
    'a.csv': `${header.join(',')}\n${csv(3, (at) => header.map((_, column) => `${at}${column}`).join(','))}\n`,
  });
  const { properties } = await drafted(cwd, '--from', 'a.csv');
  expect(properties.map(({ name }) => name)).toEqual([
    'aB',
    'aB2',
    'ab',
    'andValue',
    'nullValue',
    'ctidValue',
    '_1st',
    'column8',
    'naive',
    'xY',
    'select',
    'typename',
    'column13',
    'x'.repeat(56),
    'rowNumber',
    'aB3',
  ]);
});

test('500 columns are drafted', async () => {
  const columns = Array.from({ length: 500 }, (_, at) => `column ${at}`);
  const cwd = folder({
    'a.csv': `${columns.join(',')}\n${csv(40, (at) => columns.map((_, column) => at * column).join(','))}\n`,
  });
  const { properties, text } = await drafted(cwd, '--from', 'a.csv');
  expect(properties).toHaveLength(501);
  expect(Buffer.byteLength(text)).toBeLessThan(256 * 1024);
}, 180_000);

test('of a large file all rows are counted, or it says of how many first ones it speaks', async () => {
  const cwd = folder({});
  const { properties, text } = await drafted(cwd, '--from', join(DATA, 'flights-3m.parquet'));
  expect(typesOf(properties)).toMatchObject({ date: 'timestamp', origin: 'string', delay: 'bigint' });
  expect(text).toMatch(/guess: none is empty in (3,000,000 rows|the first 200,000 rows)/);
}, 120_000);

test('what the catalog calls its types is another type here, and a header without rows is a table without rows', async () => {
  const cwd = folder({ 'runs.csv': 'id,team\n' });
  const ran = await weft(['init', 'sales/runs', '--from', 'runs.csv'], { cwd });
  expect(ran.code).toBe(0);
  const text = readFileSync(join(cwd, 'runs/runs.odcs.yaml'), 'utf8');
  expect(text).toContain('- name: sales_runs');
  expect(text).toContain('mustBeGreaterOrEqualTo: 0 # guess: no row was seen');
});

test.each([
  ['nothing there', {}, 'a.csv', 'a.csv is no file'],
  ['an empty file', { 'a.csv': '' }, 'a.csv', 'is empty: a first contract needs at least a line with the names'],
  ['a folder', { 'a.csv/b': '' }, 'a.csv', 'is no file'],
  ['another kind of file', { 'a.docx': 'x' }, 'a.docx', 'is of no kind that Weft reads'],
  ['a column without a name', { 'a.csv': 'id,,x\n1,2,3\n' }, 'a.csv', 'Column 2 of'],
  ['two columns of one name', { 'a.csv': 'id,x,X\n1,2,3\n' }, 'a.csv', 'are named "X", but for upper and lower case'],
  ['one JSON object over lines', { 'a.json': '{"id": 1,\n"x": 2}\n' }, 'a.json', 'cannot be read'],
  ['JSON without objects', { 'a.json': '[1, 2]' }, 'a.json', 'has no objects'],
  ['a Parquet file that is none', { 'a.parquet': 'PAR1' }, 'a.parquet', 'cannot be read'],
  ['an address of another kind', {}, 'mysql://u:secret@h/d', 'mysql is no kind of address'],
])('%s is refused with what to do, and nothing is written', async (_, files, from, says) => {
  const cwd = folder(files);
  const ran = await weft(['init', 'sales/returns', '--from', from], { cwd });
  expect(ran.err).toContain(says);
  expect(ran.err).not.toContain('secret');
  expect(ran.code).toBe(2);
  expect(existsSync(join(cwd, 'returns'))).toBe(false);
});

test('text that is not UTF-8 is refused', async () => {
  const cwd = folder({});
  writeFileSync(join(cwd, 'a.csv'), Buffer.from([0x69, 0x64, 0x0a, 0xe9, 0x0a]));
  const ran = await weft(['init', 'sales/returns', '--from', 'a.csv'], { cwd });
  expect(ran.err).toContain('is not UTF-8 text: save it as UTF-8.');
  expect(ran.code).toBe(2);
});

test('nothing is overwritten but by --force', async () => {
  const cwd = folder({ 'a.csv': 'id\n1\n', 'returns/source.odcs.yaml': 'mine' });
  const refused = await weft(['init', 'sales/returns', '--from', 'a.csv'], { cwd });
  expect(refused.err).toContain('has source.odcs.yaml already: nothing was written');
  expect(refused.code).toBe(1);
  expect(existsSync(join(cwd, 'returns/product.odps.yaml'))).toBe(false);
  expect(readFileSync(join(cwd, 'returns/source.odcs.yaml'), 'utf8')).toBe('mine');
  const forced = await weft(['init', 'sales/returns', '--from', 'a.csv', '--force', '--json'], { cwd });
  expect(forced.json()).toMatchObject({ product: 'sales/returns', findings: [], files: [{ guesses: 2 }, {}, {}] });
});

test('without a source it writes a skeleton, which passes', async () => {
  const cwd = folder({});
  const { properties } = await drafted(cwd);
  expect(properties.map(({ name }) => name)).toEqual(['id']);
});

test.each(['returns', 'Sales/Returns', 'sales/returns/x', 'public/x'])('%s is no product: 2', async (id) => {
  const ran = await weft(['init', id], { cwd: folder({}) });
  expect(ran.err).toContain('write domain/product');
  expect(ran.code).toBe(2);
});
