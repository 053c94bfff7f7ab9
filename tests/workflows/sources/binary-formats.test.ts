import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { describe, expect, test } from '@jest/globals';
import {
  Bool,
  DateDay,
  Decimal,
  Dictionary,
  Float64,
  Int32,
  Int64,
  List,
  Field,
  makeVector,
  Table,
  tableToIPC,
  TimestampMicrosecond,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import writeExcel from 'write-excel-file/node';

import { withDuckdb } from '../../../workflows/engines/duckdb.ts';
import { readSource } from './read-source.ts';

const things = (
  format: string,
  content: Uint8Array,
  columns: readonly string[],
  settings: Record<string, string | number> = {},
) =>
  readSource({
    server: {
      type: 'local',
      path: 'things',
      format,
      customProperties: Object.entries(settings).map(([property, value]) => ({ property, value })),
    },
    columns,
    files: { things: content },
  });

async function parquet(select: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-parquet-'));
  try {
    return await withDuckdb({ scratch: folder, signal: new AbortController().signal }, async (db) => {
      await db.rows(`copy (${select}) to '${folder}/one.parquet' (format parquet)`);
      return readFile(`${folder}/one.parquet`);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('Arrow', () => {
  const table = new Table({
    id: vectorFromArray([1, 2], new Int32()),
    big: vectorFromArray([12345678901234567n, -1n], new Int64()),
    label: vectorFromArray(['one', null], new Dictionary(new Utf8(), new Int32())),
    weight: vectorFromArray([1.5, null], new Float64()),
    open: vectorFromArray([true, false], new Bool()),
    day: vectorFromArray([new Date('2024-02-29'), new Date('1969-12-31')], new DateDay()),
    // Microseconds since 1970, as the column has them.
    at: makeVector({ type: new TimestampMicrosecond(), data: new BigInt64Array([1709200800123456n, -1n]) }),
    price: makeVector({
      type: new Decimal(2, 10, 128),
      data: new Uint32Array([12345, 0, 0, 0, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]),
    }),
    tags: vectorFromArray([['a', 'b'], []], new List(new Field('item', new Utf8()))),
  });
  const columns = [
    'id: integer',
    'big: integer',
    'label: string',
    'weight: number',
    'open: boolean',
    'day: date',
    'at: timestamp',
    'price: number',
    'tags: array',
  ];
  const rows = [
    {
      id: 1,
      big: '12345678901234567',
      label: 'one',
      weight: 1.5,
      open: true,
      day: '2024-02-29',
      at: '2024-02-29 10:00:00.123456',
      price: '123.45',
      tags: '["a","b"]',
      row: 0,
    },
    {
      id: 2,
      big: '-1',
      label: null,
      weight: null,
      open: false,
      day: '1969-12-31',
      at: '1969-12-31 23:59:59.999999',
      price: '-0.01',
      tags: '[]',
      row: 1,
    },
  ];

  test.each(['file', 'stream'] as const)('a %s is read with its types, values and nulls as they were', async (kind) => {
    const { rows: read, typed } = await things('arrow', tableToIPC(table, kind), columns);
    expect(typed).toBe(true);
    expect(read).toEqual(rows);
  });

  test('a retyped column is seen before anything is read', async () => {
    await expect(things('arrow', tableToIPC(table, 'file'), ['label: integer'])).rejects.toMatchObject({
      code: 'SOURCE_DRIFTED',
      message: expect.stringContaining('~ label is VARCHAR where the contract says integer'),
    });
  });

  test.each([
    ['a file that breaks off', () => tableToIPC(table, 'file').subarray(0, -20), /no Arrow footer/],
    [
      'a stream that breaks off',
      () => tableToIPC(table, 'stream').subarray(0, -30),
      /no end of an Arrow stream|to its end/,
    ],
    ['a file that is damaged', () => tableToIPC(table, 'file').fill(0x7f, 60, 400), /cannot be read to its end/],
    ['no byte', () => new Uint8Array(0), /is empty/],
  ])('%s is refused', async (_name, content, message) => {
    await expect(things('arrow', content(), ['id: integer'])).rejects.toMatchObject({
      code: 'SOURCE_INCOMPLETE',
      message: expect.stringMatching(message),
    });
  });
});

describe('Excel', () => {
  const sheets = [
    { sheet: 'Notes', data: [[{ value: 'nothing here' }]] },
    {
      sheet: 'Things',
      data: [
        [{ value: 'All things' }],
        [{ value: 'id' }, { value: 'label' }, { value: 'weight' }, { value: 'since' }, null],
        [
          { value: 1, type: Number },
          { value: ' one\n"1" ' },
          { value: 0.1, type: Number },
          { value: new Date('2024-02-29'), type: Date, format: 'yyyy-mm-dd' },
          { value: 'x' },
        ],
        [
          { value: 2, type: Number },
          null,
          null,
          { value: new Date('2024-02-29T10:30:00Z'), type: Date, format: 'yyyy-mm-dd hh:mm' },
        ],
      ],
    },
  ];
  const workbook = (): Promise<Buffer> => writeExcel(sheets as never).toBuffer();
  const columns = ['id: integer', 'label: string', 'weight: number', 'since: timestamp'];
  const settings = { sheet: 'Things', headerRow: 2 };

  test.each<[string, Record<string, string | number>]>([
    ['by the name of its sheet', settings],
    ['by the number of its sheet', { ...settings, sheet: 2 }],
  ])('a sheet is read below its header, %s', async (_name, given) => {
    const { rows, added } = await things('xlsx', await workbook(), columns, given);
    expect(added).toEqual(['column 5']);
    expect(rows).toEqual([
      { id: '1', label: ' one\n"1" ', weight: '0.1', since: '2024-02-29', row: 0 },
      { id: '2', label: null, weight: null, since: '2024-02-29T10:30:00.000Z', row: 1 },
    ]);
  });

  test('a sheet that is not there is told', async () => {
    await expect(things('xlsx', await workbook(), columns, { sheet: 'Thing' })).rejects.toMatchObject({
      code: 'SOURCE_DRIFTED',
      message: expect.stringContaining('has no sheet "Thing"'),
    });
  });

  test.each([
    ['that breaks off', (whole: Buffer) => whole.subarray(0, whole.length >> 1)],
    ['that is none', () => Buffer.from('id,label\n1,2\n')],
    [
      'that says of a sheet that it were small',
      (whole: Buffer) => {
        const lying = Buffer.from(whole);
        const entry = lying.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
        lying.writeUInt32LE(10, entry + 24);
        return lying;
      },
    ],
  ])('a workbook %s is refused', async (_name, bent) => {
    await expect(things('xlsx', bent(await workbook()), columns, settings)).rejects.toMatchObject({
      code: 'SOURCE_INCOMPLETE',
      message: expect.stringContaining('is no whole Excel workbook'),
    });
  });
});

describe('Parquet', () => {
  test('is read where it lies, and unpacked where it is packed', async () => {
    const content = await parquet(`select range as id, 'thing ' || range as label from range(3)`);
    const columns = ['id: integer', 'label: string', 'file_row_number: integer'];
    const plain = await things('parquet', content, columns);
    expect(plain.rows).toHaveLength(3);
    expect((await things('parquet', gzipSync(content), columns)).rows).toEqual(plain.rows);
  });

  test('of many files is numbered over all, and each has the columns of the contract', async () => {
    const ask = async (third: string) =>
      readSource({
        server: { type: 'local', path: 'data/', format: 'parquet' },
        columns: ['id: integer', 'file_row_number: integer'],
        files: {
          'data/1.parquet': await parquet('select range as id from range(3)'),
          'data/2.parquet': await parquet(`select 'new' as more, range + 3 as id from range(2)`),
          'data/3.parquet': await parquet(third),
        },
      });
    const { rows, added } = await ask('select range + 5 as id from range(4)');
    expect(rows.map(({ id, row }) => [Number(id), row])).toEqual(Array.from({ length: 9 }, (_, at) => [at, at]));
    expect(added).toEqual(['more']);
    await expect(ask(`select 'x' as id`)).rejects.toMatchObject({
      code: 'SOURCE_DRIFTED',
      message: expect.stringMatching(/"3.parquet" has another shape.*- id BIGINT is missing; \+ id VARCHAR is new/),
    });
  });

  test.each([
    ['without its footer', (whole: Buffer) => whole.subarray(0, -9), /no Parquet footer/],
    [
      'with a damaged footer',
      (whole: Buffer) => Buffer.from(whole).fill(0xff, whole.length - 60, whole.length - 8),
      /to its end/,
    ],
  ])('%s it is refused', async (_name, bent, message) => {
    const content = await parquet(`select range as id from range(1000)`);
    await expect(things('parquet', bent(content), ['id: integer'])).rejects.toMatchObject({
      code: 'SOURCE_INCOMPLETE',
      message: expect.stringMatching(message),
    });
  });
});
