import { gzipSync } from 'node:zlib';

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { zstd } from './packed-files.ts';
import { type ReadAsk, readSource } from './read-source.ts';

const CSV = { type: 'local', path: 'things.csv', format: 'csv' };
const COLUMNS = ['id: integer', 'label: string', 'weight: number'];
const ONE_AND_TWO = [
  { id: '1', label: 'one', weight: '1.5', row: 0 },
  { id: '2', label: 'zwei ä€', weight: null, row: 1 },
];

function csv(content: string | Uint8Array, settings: Record<string, unknown> = {}, more: Partial<ReadAsk> = {}) {
  const customProperties = Object.entries(settings).map(([property, value]) => ({ property, value }));
  return readSource({
    server: { ...CSV, customProperties },
    columns: COLUMNS,
    files: { 'things.csv': content },
    ...more,
  } as ReadAsk);
}

describe('a CSV is read as its server says that it is written', () => {
  test.each<[name: string, content: string, settings: Record<string, unknown>]>([
    ['as it stands', 'id,label,weight\n1,one,1.5\n2,zwei ä€,\n', {}],
    [
      'with a semicolon and a decimal comma',
      'id;label;weight\n1;one;1,5\n2;zwei ä€;\n',
      { delimiter: ';', decimal: ',' },
    ],
    ['with another quote', "id,label,weight\n1,'one',1.5\n2,'zwei ä€',\n", { quote: "'" }],
    ['without a header', '1,one,1.5\n2,zwei ä€,\n', { header: false }],
    ['with comments', '# of today\nid,label,weight\n1,one,1.5\n# not this\n2,zwei ä€,\n', { comment: '#' }],
    ['below a title', 'Things\n\nid,label,weight\n1,one,1.5\n2,zwei ä€,\n', { skip: 2 }],
    ['with a text for nothing', 'id,label,weight\n1,one,1.5\n2,zwei ä€,N/A\n', { nulls: ['N/A', '-'] }],
    ['with line breaks of Windows', 'id,label,weight\r\n1,one,1.5\r\n2,zwei ä€,\r\n', {}],
  ])('%s', async (_name, content, settings) => {
    expect((await csv(content, settings)).rows).toEqual(ONE_AND_TWO);
  });

  test('with a backslash before a quote', async () => {
    const { rows } = await csv('id,label,weight\n1,"the \\"one\\"",1\n', { escape: '\\' });
    expect(rows).toEqual([{ id: '1', label: 'the "one"', weight: '1', row: 0 }]);
  });

  test('where nothing is quoted', async () => {
    const { rows } = await csv('id,label,weight\n1,5" wide,1\n', { quote: 'none' });
    expect(rows).toEqual([{ id: '1', label: '5" wide', weight: '1', row: 0 }]);
  });

  test('a decimal comma makes thousands of points, and no number of what has a decimal point', async () => {
    const { rows } = await csv('id;label;weight\n1;a;1.234.567,8\n2;b;1.5\n3;c;heavy\n4;4,5;-3,5\n', {
      delimiter: ';',
      decimal: ',',
    });
    expect(rows.map(({ label, weight }) => [label, weight])).toEqual([
      ['a', '1234567.8'],
      ['b', '1.5 (the decimal sign is a comma)'],
      ['c', 'heavy'],
      ['4,5', '-3.5'],
    ]);
  });

  test('without a header a file of fewer columns is refused, and one of more has new ones', async () => {
    await expect(csv('1,one\n', { header: false })).rejects.toMatchObject({
      code: 'SOURCE_DRIFTED',
      message: expect.stringContaining('- weight (double precision) is missing'),
    });
    expect((await csv('1,one,1,x\n', { header: false })).added).toEqual(['column 4']);
  });
});

describe('columns whose names DuckDB cannot tell apart', () => {
  test('a column without a name is called by its place, and does no harm', async () => {
    const { added, rows } = await csv(',id,label,weight,\n0,1,one,1.5,x\n1,2,zwei ä€,,y\n');
    expect(added).toEqual(['column 1', 'column 5']);
    expect(rows).toEqual(ONE_AND_TWO);
  });

  test('of two that differ in case alone the one that the contract reads is read', async () => {
    const { added, rows } = await csv('ID,id,LABEL,label,weight\n7,1,x,one,1.5\n8,2,y,zwei ä€,\n');
    expect(added).toEqual(['ID', 'LABEL']);
    expect(rows).toEqual(ONE_AND_TWO);
  });

  test('where the contract reads both they are refused', async () => {
    await expect(csv('id,ID\n1,2\n', {}, { columns: ['id: integer', 'ID: integer'] })).rejects.toMatchObject({
      code: 'SOURCE_DRIFTED',
      message: expect.stringMatching(/two columns named "id" and "ID", which the contract both reads/),
    });
  });

  test('keys of JSON that differ in case alone, or are empty, are read by their letters', async () => {
    const { rows, added } = await readSource({
      server: { type: 'local', path: 'things.json', format: 'json' },
      columns: ['ID: integer', 'label: string'],
      files: { 'things.json': '[{"id":1,"ID":2,"":3,"label":"x"},{"ID":4,"label":"y"}]' },
    });
    expect(rows).toEqual([
      { ID: '2', label: 'x', row: 0 },
      { ID: '4', label: 'y', row: 1 },
    ]);
    expect([...added].sort()).toEqual(['column 1', 'id']);
  });

  test('names of any letters are read', async () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((text) => !/[\0\r\n\ufeff]/.test(text) && Buffer.from(text).toString() === text);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), async (names) => {
        const header = names.map((one) => `"${one.replaceAll('"', '""')}"`).join(',');
        const [first = ''] = names;
        fc.pre(!first.includes(': ') && first !== 'file_row_number');
        const { rows } = await csv(
          `${header}\n${names.map((_, at) => at).join(',')}\n`,
          {},
          { columns: [`${first}: string`] },
        );
        expect(rows).toMatchObject([{ row: 0 }]);
        expect(Object.values(rows[0]!)[0]).toBe('0');
      }),
      { numRuns: 25 },
    );
  });
});

const TEXT = 'id,label,weight\n1,one,1.5\n2,zwei ä€,\n';
const UTF16 = Buffer.from(`\ufeff${TEXT}`, 'utf16le');
const WINDOWS = Buffer.from(TEXT.replace('€', '\x80'), 'latin1');

describe('a text file is read in its encoding, packed or not', () => {
  test.each<[name: string, content: Uint8Array, encoding: string | undefined]>([
    ['UTF-16', UTF16, 'utf-16'],
    ['UTF-16 with the other end first', Buffer.from(UTF16).swap16(), 'utf-16'],
    ['UTF-16 by its mark alone', UTF16, undefined],
    ['windows-1252', WINDOWS, 'windows-1252'],
    ['latin-1, by which Windows is meant', WINDOWS, 'latin-1'],
    ['gzip', gzipSync(TEXT), undefined],
    ['gzip of windows-1252', gzipSync(WINDOWS), 'windows-1252'],
    ['zstd', zstd(TEXT), undefined],
    ['zstd of UTF-16', zstd(UTF16), 'utf-16'],
  ])('%s', async (_name, content, encoding) => {
    const { rows } = await csv(content, {}, { server: { ...CSV, ...(encoding !== undefined && { encoding }) } });
    expect(rows).toEqual(ONE_AND_TWO);
  });

  test.each(['json', 'ndjson'])('%s in UTF-16 and zstd', async (format) => {
    const objects = ['{"id":1,"label":"one","weight":1.5}', '{"id":2,"label":"zwei ä€"}'];
    const text = format === 'json' ? `[${objects.join(',')}]` : objects.join('\n');
    const { rows } = await readSource({
      server: { type: 'local', path: 'things', format, encoding: 'utf-16' },
      columns: COLUMNS,
      files: { things: zstd(Buffer.from(text, 'utf16le')) },
    });
    expect(rows).toEqual(ONE_AND_TWO);
  });
});

describe('a text file that is not whole is refused', () => {
  const long = 'id,label,weight\n' + Array.from({ length: 20_000 }, (_, id) => `${id},thing ${id * 7919},1\n`).join('');
  test.each<[name: string, content: Uint8Array | string, server: object, message: RegExp]>([
    ['no byte', '', {}, /is empty/],
    ['a gzip that breaks off', gzipSync(long).subarray(0, 9_000), {}, /is no whole gzip file/],
    ['a gzip that lacks its last bytes', gzipSync(long).subarray(0, -4), {}, /is no whole gzip file/],
    ['a zstd that breaks off', zstd(long).subarray(0, 9_000), {}, /is no whole zstd file/],
    [
      'UTF-16 that breaks off within a letter',
      UTF16.subarray(0, -1),
      { encoding: 'utf-16' },
      /breaks off within a letter/,
    ],
    [
      'what is not in its encoding',
      Buffer.from([0x69, 0x64, 0x0a, 0xff, 0x0a]),
      { encoding: 'euc-jp' },
      /not written in euc-jp/,
    ],
    ['a header that does not end', '"id', {}, /ends within its header/],
  ])('%s', async (_name, content, server, message) => {
    await expect(csv(content, {}, { server: { ...CSV, ...server } })).rejects.toMatchObject({
      code: 'SOURCE_INCOMPLETE',
      message: expect.stringMatching(message),
    });
  });
});

test.each([
  ['an unknown format', { format: 'yaml' }, /has the format "yaml"; Weft reads csv/],
  ['an unknown encoding', { encoding: 'klingon' }, /has the encoding "klingon"/],
])('%s is refused with what there is', async (_name, server, message) => {
  await expect(csv(TEXT, {}, { server: { ...CSV, ...server } })).rejects.toMatchObject({
    code: 'SOURCE_MISSING',
    message: expect.stringMatching(message),
  });
});
