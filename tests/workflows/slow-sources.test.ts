import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { ProductId } from '../../schema/ids.ts';
import type { RefreshDeps } from '../../workflows/refresh/stage.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { temporaryHome } from '../testkit/temporary-home.ts';
import { liveRows } from './engine-product.ts';
import { plainPublish } from './plain-publish.ts';
import { refreshDeps, refreshHere } from './refresh-here.ts';
import { smallProduct } from './small-product.ts';

const COLUMNS = ['{ name: id, logicalType: integer, required: true, primaryKey: true }'];
const NUMBERS = Array.from({ length: 20_000 }, (_, id) => ({ id }));
const CSV = `id\n${NUMBERS.map(({ id }) => `${id}\n`).join('')}`;

let database: TestDatabase;
let deps: RefreshDeps;
let server: Server;
let url: string;
/** By the last word of its address: `/3.json`. */
const contents: Record<string, Buffer> = {
  csv: Buffer.from(CSV),
  json: Buffer.from(JSON.stringify(NUMBERS)),
  ndjson: Buffer.from(NUMBERS.map((one) => JSON.stringify(one)).join('\n')),
  api: Buffer.from(JSON.stringify(NUMBERS)),
};
let asked: string[] = [];
/** Answers begin once it is resolved. */
let open: Promise<void>;

beforeAll(async () => {
  database = await cloneDatabase();
  deps = await refreshDeps(database);
  contents['parquet'] = await parquet();
  server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.range ?? 'whole'}`);
    const content = contents[request.url?.split('.').at(-1) ?? ''] ?? Buffer.from('');
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const part = content.subarray(Number(first ?? 0), last === undefined || last === '' ? undefined : Number(last) + 1);
    const range = `bytes ${first}-${Number(first) + part.length - 1}/${content.length}`;
    void open.then(() =>
      response
        .writeHead(first === undefined ? 200 : 206, {
          etag: '"1"',
          'content-length': part.length,
          ...(first !== undefined && { 'content-range': range }),
        })
        .end(part),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 60_000);
beforeEach(() => {
  asked = [];
  open = Promise.resolve();
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await database.drop();
});

async function parquet(): Promise<Buffer> {
  const file = `${temporaryHome()}/numbers.parquet`;
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(
    `copy (select range::integer as id from range(${NUMBERS.length})) to '${file}' (format parquet)`,
  );
  connection.closeSync();
  return readFile(file);
}

/** Publishes a product of numbers that come from the server, in a format; of none, from a file beside it. */
async function product(name: string, kind: string | null): Promise<ProductId> {
  const location = `${url}/${name}.${kind}`;
  const from =
    kind === 'api' ? `type: api, location: '${location}'` : `type: custom, location: '${location}', format: ${kind}`;
  const folder = await smallProduct({
    ...{ name, content: CSV, source: COLUMNS, output: COLUMNS },
    ...(kind !== null && { server: `{ server: far, ${from} }` }),
  });
  return (await plainPublish(database.pool, folder, { refresh: false })).product.id;
}

test('sources that are slow, however many, hold up no other, and are read in the end', async () => {
  let begin = (): void => undefined;
  open = new Promise<void>((resolve) => (begin = resolve));
  const slow = await Promise.all(
    ['csv', 'json', 'api', 'parquet', 'csv'].map((kind, nth) => product(`slow-${nth}`, kind)),
  );
  const runs = slow.map((id) => refreshHere(deps, id));
  while (asked.length < slow.length) await sleep(10);
  expect(await refreshHere(deps, await product('quick', null))).toMatchObject({ phase: 'succeeded' });
  begin();
  expect(await Promise.all(runs)).toEqual(slow.map(() => expect.objectContaining({ phase: 'succeeded', error: null })));
}, 60_000);

describe('a file over HTTP is brought once for a run', () => {
  test.each([
    ['json', ['bytes=0-65535', 'bytes=65536-']],
    ['ndjson', ['bytes=0-65535', 'bytes=65536-']],
    ['parquet', ['whole']],
    // Of a CSV nothing but its header is looked at.
    ['csv', ['bytes=0-65535', 'bytes=0-65535', 'bytes=65536-']],
  ])('%s', async (kind, ranges) => {
    const id = await product(`once-${kind}`, kind);
    expect(await refreshHere(deps, id)).toMatchObject({ phase: 'succeeded' });
    expect(await liveRows(database, id)).toHaveLength(NUMBERS.length);
    expect(asked).toEqual(ranges.map((range) => `/once-${kind}.${kind} ${range}`));
    expect(await readdir(deps.scratch)).toEqual([]);
    // And once more for the next one.
    await refreshHere(deps, id);
    expect(asked).toHaveLength(2 * ranges.length);
  });
});
