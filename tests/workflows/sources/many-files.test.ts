import { appendFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { describe, expect, test } from '@jest/globals';

import { type ReadAsk, readSource } from './read-source.ts';

const FILES = {
  'data/2026-02.csv': 'id,label\n3,c\n4,d\n',
  'data/2026-01.csv': 'id,label\n1,a\n2,b\n',
  'data/2025-12.csv': 'id,label\n0,z\n',
  'data/.2026-03.csv': 'hidden',
  'data/notes.md': '# no data',
  'data/_SUCCESS': '',
  'data/deep/2026-04.csv': 'id,label\n5,e\n',
};

const read = (path: string, more: Partial<ReadAsk> = {}) =>
  readSource({
    server: { type: 'local', path, format: 'csv' },
    columns: ['id: integer', 'label: string'],
    files: FILES,
    ...more,
  });

test.each([
  ['a pattern', 'data/2026-*.csv', ['1', '2', '3', '4']],
  ['a folder', 'data/', ['0', '1', '2', '3', '4']],
  ['a folder without its slash', 'data', ['0', '1', '2', '3', '4']],
  ['a pattern over folders', 'data/**/2026-*.csv', ['1', '2', '3', '4', '5']],
  ['alternatives', 'data/{2025-12,2026-01}.csv', ['0', '1', '2']],
])('%s is one source of its files, in the order of their names', async (_name, path, ids) => {
  const { rows } = await read(path);
  expect(rows.map(({ id, row }) => [id, row])).toEqual(ids.map((id, row) => [id, row]));
});

test('an object has files of its own by a pattern below its server', async () => {
  expect((await read('data/', { physicalName: '2026-*.csv' })).rows).toHaveLength(4);
});

test('a file whose name looks like a pattern is that file', async () => {
  expect(
    (await read('a[1]*.csv', { files: { 'a[1]*.csv': 'id,label\n9,x\n', 'a1.csv': 'id,label\n8,x\n' } })).rows,
  ).toHaveLength(1);
});

test('its facts are of all files', async () => {
  expect((await read('data/2026-*.csv')).facts).toMatchObject({ file: 'data/2026-*.csv', files: 2, bytes: 34 });
});

test('packed and plain files may lie together', async () => {
  const { rows } = await read('data/', {
    files: { 'data/1.csv.gz': gzipSync('id,label\n1,a\n'), 'data/2.csv': 'id,label\n2,b\n' },
  });
  expect(rows.map(({ id }) => id)).toEqual(['1', '2']);
});

describe('is refused', () => {
  test.each([
    ['no file', 'data/2027-*.csv', {}, 'SOURCE_MISSING', /No file is at "data\/2027-\*.csv"/],
    ['a pattern out of the folder', '../*/*.csv', {}, 'SOURCE_MISSING', /No file is at/],
    ['a pattern from the root', '/etc/*', {}, 'SOURCE_MISSING', /No file is at/],
    [
      'a file that lacks a column',
      'data/*.csv',
      { 'data/3.csv': 'id\n1\n' },
      'SOURCE_DRIFTED',
      /"3.csv" has another shape than "2025-12.csv": - label is missing/,
    ],
    [
      'a file with its columns in another order',
      'data/*.csv',
      { 'data/3.csv': 'label,id\nx,1\n' },
      'SOURCE_DRIFTED',
      /"3.csv" .*in another order/,
    ],
    ['an empty file among others', 'data/*.csv', { 'data/3.csv': '' }, 'SOURCE_INCOMPLETE', /"3.csv" is empty/],
  ])('%s', async (_name, path, files, code, message) => {
    await expect(read(path, { files: { ...FILES, ...files } })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('a link among the files that leads outside', async () => {
    // The folder is made by the connector's own caller, so that the link is there when it is opened.
    await expect(
      read('data/*.csv', {
        connector: async (ask, db) => {
          const { openSource } = await import('../../../workflows/sources/open-source.ts');
          await symlink('/etc/passwd', join(ask.folder ?? '', 'data/2026-00.csv'));
          return openSource(ask, db);
        },
      }),
    ).rejects.toMatchObject({ code: 'SOURCE_MISSING', message: expect.stringContaining('lies outside') });
  });

  test('one of many that changed while it was read', async () => {
    await expect(
      read('data/2026-*.csv', { during: (folder) => appendFile(join(folder, 'data/2026-02.csv'), '9,x\n') }),
    ).rejects.toMatchObject({ code: 'SOURCE_INCOMPLETE', message: expect.stringMatching(/"2026-02.csv" changed/) });
  });
});

test('a broken line is told with its file, and a file that breaks off as such', async () => {
  const { broken } = await read('data/*.csv', {
    files: { 'data/1.csv': 'id,label\n1,a\n', 'data/2.csv': 'id,label\n1,a\n2\n3,c\n', 'data/3.csv': 'id,label\n4' },
  });
  expect(broken).toMatchObject([
    { line: 3, text: '2', cut: false, reason: expect.stringMatching(/^2.csv: /) },
    { line: 2, text: '4', cut: true, reason: expect.stringMatching(/^3.csv: /) },
  ]);
});

test.each(['json', 'ndjson'])('%s files are one source, and a key of the contract is in each', async (format) => {
  const ask = (last: string): ReadAsk => ({
    server: { type: 'local', path: 'data/', format },
    columns: ['id: integer', 'label: string'],
    files: {
      'data/1.json': format === 'json' ? '[{"id":1,"label":"a","more":true}]' : '{"id":1,"label":"a","more":true}\n',
      'data/2.json': format === 'json' ? `[${last}]` : `${last}\n`,
    },
  });
  const { rows, added } = await readSource(ask('{"label":"b","id":2}'));
  expect(rows.map(({ id }) => id)).toEqual(['1', '2']);
  expect(added).toEqual(['more']);
  await expect(readSource(ask('{"id":2}'))).rejects.toMatchObject({
    code: 'SOURCE_DRIFTED',
    message: expect.stringMatching(/"2.json" has another shape.*- label is missing/),
  });
});

test('ten thousand files are read as one source, and one more is refused with words', async () => {
  const write = async (folder: string, count: number): Promise<void> => {
    await mkdir(join(folder, 'many'));
    for (let id = 0; id < count; id++) await writeFile(join(folder, 'many', `${id}.csv`), `id,label\n${id},x\n`);
  };
  const asked = (count: number) =>
    read('many/', {
      connector: async (ask, db) => {
        const { openSource } = await import('../../../workflows/sources/open-source.ts');
        await write(ask.folder ?? '', count);
        return openSource(ask, db);
      },
    });
  const { rows, facts } = await asked(10_000);
  expect(new Set(rows.map(({ id }) => id)).size).toBe(10_000);
  expect(facts).toMatchObject({ files: 10_000 });
  await expect(asked(10_001)).rejects.toMatchObject({
    code: 'SOURCE_MISSING',
    message: expect.stringContaining('is 10001 files, and 10000 are read as one source'),
  });
});
