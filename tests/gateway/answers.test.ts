import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gatewayHere, type GatewayHere, type Tree } from './gateway-here.ts';
import { folderOf } from './product-text.ts';

const ASK = '{ airports { nodes { id } } }';
const ADMIN = { authorization: 'Bearer weft_admin_of_this_test' };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

let gateway: GatewayHere;
beforeAll(async () => {
  gateway = await gatewayHere({ config: { answerCacheBytes: 1_000_000, slowMs: 0 } });
  await gateway.publish([folderOf({ domain: 'network', name: 'airports' })]);
  await loadAirports('SEA');
});
afterAll(() => gateway.close());

async function loadAirports(id: string): Promise<void> {
  await gateway.load('network/airports', 'airports', 'id text primary key', `values ('${id}')`);
  for (let tries = 0; tries < 100; tries++) {
    const { data } = await gateway.ask(ASK, {}, { 'cache-control': 'no-cache' });
    if (data.airports.nodes[0]?.id === id) return;
    await sleep(50);
  }
  throw new Error('the new version is not served');
}

async function get(search: Record<string, string>, headers: Record<string, string> = {}) {
  const url = `${gateway.url}/graphql?${new URLSearchParams(search).toString()}`;
  const response = await fetch(url, { headers: { 'apollo-require-preflight': '1', ...headers } });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: text === '' ? null : JSON.parse(text) };
}

async function post(body: object, headers: Record<string, string> = {}, url = gateway.url) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as Tree };
}

/** What the admin is told of how an operation was answered. */
async function plan(query: string, variables: object = {}): Promise<Tree> {
  const { json } = await post({ query, variables, extensions: { plan: true } }, ADMIN);
  return json.extensions.plan;
}

describe('an answer', () => {
  test('that was asked for twice is kept, until a product has a new version of its data', async () => {
    const query = `query ($n: Int) { airports(first: $n) { nodes { id } totalCount } }`;
    const kept = [await plan(query, { n: 1 }), await plan(query, { n: 1 }), await plan(query, { n: 1 })];
    expect(kept.map((one) => one.kept)).toEqual([false, false, true]);
    expect((await plan(query, { n: 2 })).kept).toBe(false);
    await loadAirports('JFK');
    const { data, extensions } = await gateway.ask(query, { n: 1 });
    expect(data.airports.nodes).toEqual([{ id: 'JFK' }]);
    expect(extensions!.dataProducts[0]!['datasetVersion']).toBe(2);
    expect((await gateway.ask(query, { n: 1 })).data).toEqual(data);
  });

  test('is not taken from what is kept where the client or the product says no', async () => {
    const fresh = { query: ASK, extensions: { plan: true } };
    for (let time = 0; time < 4; time++)
      expect((await post(fresh, { ...ADMIN, 'cache-control': 'no-cache' })).json.extensions.plan.kept).toBe(false);
    const folder = folderOf({ domain: 'stock', name: 'prices' });
    const files = folder.files.map((file) =>
      file.path === 'product.odps.yaml'
        ? { ...file, text: `${file.text}customProperties: [{ property: answerCache, value: off }]\n` }
        : file,
    );
    await gateway.publish([{ ...folder, files }]);
    for (let time = 0; time < 4; time++) expect((await plan('{ prices { totalCount } }')).kept).toBe(false);
  });

  test('shows its statements, their times and rows to an admin who asks, and to nobody else', async () => {
    const shown = await plan('{ airports { nodes { id } } other: airports { totalCount } }');
    expect(shown).toMatchObject({ path: 'managed', kept: false, statements: [{ lane: 'quick' }] });
    expect(shown.statements[0].sql).toContain('"network"."airports_');
    expect(JSON.stringify(shown.statements[0].plan)).toContain('Actual Rows');
    const stranger = await post({ query: ASK, extensions: { plan: true } });
    expect(Object.keys(stranger.json.extensions)).toEqual(['dataProducts']);
  });

  test('that took long is logged with its operation’s name and its statements', async () => {
    await gateway.ask('query Slow { airports { totalCount } }');
    const line = gateway.log.find((one) => one['msg'] === 'slow operation' && one['products'].length === 1);
    expect(line).toMatchObject({ statements: [{ sql: expect.any(String), ms: expect.any(Number) }] });
  });
});

describe('a GET', () => {
  test('is answered with a validator, and 304 as long as it is valid', async () => {
    const first = await get({ query: ASK });
    expect([first.status, first.headers.get('cache-control')]).toEqual([200, 'private, no-cache']);
    const etag = first.headers.get('etag')!;
    const again = await get({ query: ASK }, { 'if-none-match': etag });
    expect([again.status, again.json, again.headers.get('etag')]).toEqual([304, null, etag]);
    await loadAirports('ORD');
    const renewed = await get({ query: ASK }, { 'if-none-match': etag });
    expect([renewed.status, renewed.json.data]).toEqual([200, { airports: { nodes: [{ id: 'ORD' }] } }]);
  });

  test('without the header that no page can send is refused', async () => {
    const url = `${gateway.url}/graphql?${new URLSearchParams({ query: ASK }).toString()}`;
    expect((await fetch(url)).status).toBe(400);
  });

  test('of what is not compiled is answered all the same', async () => {
    expect((await get({ query: '{ me { name } }' })).json.data).toEqual({ me: { name: 'anonymous' } });
  });
});

describe('an operation', () => {
  const query = '{ airports { nodes { id } pageInfo { hasNextPage } } }';
  const extensions = { persistedQuery: { version: 1, sha256Hash: sha256(query) } };

  test('is known by its hash once it was sent with it', async () => {
    const unknown = await post({ extensions });
    expect(unknown.json.errors[0].extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND');
    expect((await post({ query, extensions })).json.data.airports.nodes).toEqual([{ id: 'ORD' }]);
    expect((await post({ extensions })).json.data.airports.nodes).toEqual([{ id: 'ORD' }]);
    const asGet = await get({ extensions: JSON.stringify(extensions) });
    expect(asGet.json.data.airports.nodes).toEqual([{ id: 'ORD' }]);
    const other = '{ me { name } }';
    const whoever = { persistedQuery: { version: 1, sha256Hash: sha256(other) } };
    await post({ query: other, extensions: whoever });
    expect((await post({ extensions: whoever })).json.data).toEqual({ me: { name: 'anonymous' } });
  });

  test('is not taken under a hash that is not its own', async () => {
    const { status, json } = await post({ query: ASK, extensions });
    expect([status, json.errors[0].extensions.code]).toEqual([400, 'BAD_INPUT']);
  });

  test('is answered only if it is registered, where that is all there is', async () => {
    const file = join(tmpdir(), `weft-operations-${process.pid}.json`);
    const operations = [{ id: '1', name: 'a', type: 'query', body: ASK }];
    writeFileSync(file, JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }));
    const closed = await gatewayHere({ database: gateway.database, config: { operations: { file, only: true } } });
    try {
      const registered = { documentId: `sha256:${sha256(ASK)}` };
      expect((await post(registered, {}, closed.url)).json.data.airports.nodes).toEqual([{ id: 'ORD' }]);
      for (const other of ['{ me { name } }', '{ airports { totalCount } }'])
        for (const headers of [{}, { 'content-type': 'application/json; charset="utf-8"' }])
          expect((await post({ query: other }, headers, closed.url)).status).toBe(403);
      expect((await post({ query: '{ me { name } }' }, ADMIN, closed.url)).status).toBe(200);
    } finally {
      await closed.close();
      rmSync(file);
    }
  });
});
