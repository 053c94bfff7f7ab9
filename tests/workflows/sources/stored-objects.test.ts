import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import S3rver from '@20minutes/s3rver';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AwsClient } from 'aws4fetch';

import { filesBy } from '../../../workflows/sources/files/open-files.ts';
import { PATIENCE } from '../../../workflows/sources/files/remote-file.ts';
import { storedObjects } from '../../../workflows/sources/files/stored-objects.ts';
import { type ReadAsk, readSource } from './read-source.ts';

/** What the store knows. */
const KEY = 'S3RVER';

let directory: string;
let store: S3rver;
let endpoint: string;
const client = new AwsClient({ accessKeyId: KEY, secretAccessKey: KEY, service: 's3', region: 'us-east-1' });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weft-store-'));
  store = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets: [{ name: 'lake' }] });
  const { port } = await store.run();
  endpoint = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

async function put(key: string, body: string | Uint8Array): Promise<void> {
  const path = key.split('/').map(encodeURIComponent).join('/');
  const answer = await client.fetch(`${endpoint}/lake/${path}`, { method: 'PUT', body: body as string });
  if (!answer.ok) throw new Error(`The store did not take ${key}: ${answer.status} ${await answer.text()}`);
}

const secrets = (name: string): string | null => (name === 'LAKE' ? KEY : null);

function read(location: string, more: Partial<ReadAsk> & { secret?: string; format?: string; endpoint?: string } = {}) {
  const { secret = '${secret:LAKE}', format = 'csv', endpoint: endpointUrl = endpoint, ...ask } = more;
  return readSource({
    server: {
      type: 's3',
      location,
      endpointUrl,
      format,
      customProperties: [
        { property: 'accessKeyId', value: '${secret:LAKE}' },
        { property: 'secretAccessKey', value: secret },
      ],
    } as ReadAsk['server'],
    columns: ['id: integer', 'label: string'],
    secrets,
    connector: filesBy(storedObjects({ ...PATIENCE, pauseMs: 10 })),
    ...ask,
  });
}

test('one object is read by its key', async () => {
  await put('one/things.csv', 'id,label\n1,one\n');
  const { rows, facts } = await read('s3://lake/one/things.csv');
  expect(rows).toEqual([{ id: '1', label: 'one', row: 0 }]);
  expect(facts).toMatchObject({ file: 's3://lake/one/things.csv', bytes: 15, etag: expect.stringMatching(/^".+"$/) });
});

test('an object, and those of a pattern, are as they were until one of them is another', async () => {
  for (const key of ['still/1.csv', 'still/2.csv']) await put(key, 'id,label\n1,one\n');
  for (const location of ['s3://lake/still/1.csv', 's3://lake/still/*.csv']) {
    expect((await read(location, { later: () => Promise.resolve() })).still).toBe(true);
    const changing = await read(location, { later: () => put('still/1.csv', 'id,label\n1,two\n') });
    expect(changing.still).toBe(false);
    await put('still/1.csv', 'id,label\n1,one\n');
  }
  const growing = await read('s3://lake/still/', { later: () => put('still/3.csv', 'id,label\n1,one\n') });
  expect(growing.still).toBe(false);
});

test('the objects of a pattern are one source, in the order of their keys, packed or not', async () => {
  await put('some/2026-02.csv', 'id,label\n3,c\n');
  await put('some/2026-01.csv.gz', gzipSync('id,label\n1,a\n2,b\n'));
  await put('some/2025-12.csv', 'id,label\n0,z\n');
  await put('some/deep/2026-03.csv', 'id,label\n4,d\n');
  const ids = async (location: string) => (await read(location)).rows.map(({ id }) => id);
  expect(await ids('s3://lake/some/2026-*')).toEqual(['1', '2', '3']);
  expect(await ids('s3://lake/some/')).toEqual(['0', '1', '2', '3']);
  expect(await ids('s3://lake/some/**/2026-*.csv')).toEqual(['3', '4']);
});

/** Lists pages of two, and answers each key with a row, as S3's reference says: what the store of these tests cannot. */
async function withPages(keys: readonly string[], use: (url: string, asked: string[]) => Promise<void>): Promise<void> {
  const asked: string[] = [];
  const pages = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    if (searchParams.get('list-type') !== '2') {
      const key = decodeURIComponent(pathname.slice('/lake/'.length));
      asked.push(key);
      response.writeHead(keys.includes(key) ? 200 : 404).end(`id,label\n${keys.indexOf(key)},x\n`);
      return;
    }
    const from = Number(searchParams.get('continuation-token') ?? 0);
    const contents = keys
      .slice(from, from + 2)
      .map(
        (key) =>
          `<Contents><Key>${encodeURIComponent(key)}</Key><Size>${`id,label\n${keys.indexOf(key)},x\n`.length}</Size></Contents>`,
      );
    const more = from + 2 < keys.length;
    response.end(
      `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>` +
        `<IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${from + 2}</NextContinuationToken>` : ''}${contents.join('')}</ListBucketResult>`,
    );
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  try {
    await use(`http://127.0.0.1:${(pages.address() as AddressInfo).port}`, asked);
  } finally {
    pages.closeAllConnections();
    await new Promise((resolve) => pages.close(resolve));
  }
}

test('objects of more pages than one are all found, whatever letters their keys have', async () => {
  const keys = [
    "d/it's.csv",
    'd/a&b<c>.csv',
    'd/x..%2f..csv',
    'd/ä ö+ü.csv',
    'd/../up.csv',
    'd/_SUCCESS',
    'd/notes.md',
  ].sort();
  await withPages(keys, async (url, asked) => {
    const { rows, facts } = await read('s3://lake/d/', { endpoint: url });
    const meant = keys.filter((key) => key.endsWith('.csv') && key !== 'd/../up.csv');
    expect(facts).toMatchObject({ files: meant.length });
    expect(rows.map(({ id }) => keys[Number(id)])).toEqual(meant);
    expect(new Set(asked)).toEqual(new Set(meant));
  });
});

test('keys of any letters are asked for as they are', async () => {
  const names = ['a b+c=d.csv', 'it (1)!*.csv', 'ä%20ö?#.csv', '%2e%2e.csv'];
  for (const [id, name] of names.entries()) await put(`odd/${name}`, `id,label\n${id},x\n`);
  const { rows } = await read('s3://lake/odd/');
  expect(rows.map(({ id }) => Number(id)).sort()).toEqual([0, 1, 2, 3]);
});

test('an object of some megabytes is brought in parts, and whole', async () => {
  await put(
    'large/things.csv',
    'id,label\n' + Array.from({ length: 50_000 }, (_, id) => `${id},thing ${id}\n`).join(''),
  );
  expect((await read('s3://lake/large/things.csv')).rows).toHaveLength(50_000);
});

describe('is refused', () => {
  test.each([
    ['an object that is not there', 's3://lake/none.csv', 'SOURCE_MISSING', /is not there/],
    [
      'a pattern that has none',
      's3://lake/none/*.csv',
      'SOURCE_MISSING',
      /No object is at "s3:\/\/lake\/none\/\*.csv"/,
    ],
    ['a bucket that is not there', 's3://pond/things/*.csv', 'SOURCE_MISSING', /is not there/],
  ])('%s', async (_name, location, code, message) => {
    await expect(read(location)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('whoever signs with another key', async () => {
    await put('one/things.csv', 'id,label\n1,one\n');
    await expect(
      read('s3://lake/one/things.csv', {
        secret: '${secret:OTHER}',
        secrets: (name) => (name === 'LAKE' ? KEY : 'other'),
      }),
    ).rejects.toMatchObject({ code: 'SOURCE_MISSING', message: expect.stringContaining('may not be read (HTTP 403)') });
  });

  test('a store that is not allowed', async () => {
    await expect(read('s3://lake/some/*.csv', { allowedHosts: ['s3.example.com'] })).rejects.toMatchObject({
      code: 'SOURCE_MISSING',
      message: expect.stringContaining('is not allowed'),
    });
  });

  test('an object that is another than the one that was listed', async () => {
    await put('changing/1.csv', 'id,label\n1,one\n');
    await put('changing/2.csv', 'id,label\n' + Array.from({ length: 20_000 }, (_, id) => `${id},thing\n`).join(''));
    await expect(
      read('s3://lake/changing/*.csv', {
        between: () =>
          put('changing/2.csv', 'id,label\n' + Array.from({ length: 20_000 }, (_, id) => `${id},thong\n`).join('')),
      }),
    ).rejects.toMatchObject({ code: 'SOURCE_INCOMPLETE', message: expect.stringMatching(/"changing\/2.csv" changed/) });
  });

  test('an object of another shape than the first', async () => {
    await put('shapes/1.csv', 'id,label\n1,one\n');
    await put('shapes/2.csv', 'id\n1\n');
    await expect(read('s3://lake/shapes/')).rejects.toMatchObject({
      code: 'SOURCE_DRIFTED',
      message: expect.stringContaining('"shapes/2.csv" has another shape than "shapes/1.csv": - label is missing'),
    });
  });
});
