import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gatewayHere, type GatewayHere } from './gateway-here.ts';
import { folderOf } from './product-text.ts';

let gateway: GatewayHere;

beforeAll(async () => {
  gateway = await gatewayHere();
  await gateway.publish([folderOf({ domain: 'network', name: 'airports' })]);
});
afterAll(() => gateway.close());

const JSON_BODY = { 'content-type': 'application/json' };

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

async function send(
  path: string,
  init: { method?: string; headers?: Record<string, string>; body?: string | Uint8Array } = {},
): Promise<Reply> {
  const response = await fetch(`${gateway.url}${path}`, { redirect: 'manual', ...init });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

function post(body: string | Uint8Array, headers: Record<string, string> = JSON_BODY): Promise<Reply> {
  return send('/graphql', { method: 'POST', headers, body });
}

function query(text: string, rest: object = {}): Promise<Reply> {
  return post(JSON.stringify({ query: text, ...rest }));
}

describe('a request that is not well formed is refused as the client’s fault:', () => {
  const ME = JSON.stringify({ query: '{ me { name } }' });
  const deep = (levels: number): string => '{a'.repeat(levels) + '}'.repeat(levels);
  const cases: [string, () => Promise<Reply>, number][] = [
    ['a batch', () => post(`[${ME}]`), 400],
    ['no JSON', () => post('{"query":'), 400],
    ['null', () => post('null'), 400],
    ['a number', () => post('7'), 400],
    ['an empty object', () => post('{}'), 400],
    ['a query that is no text', () => post('{"query":{"a":1}}'), 400],
    ['variables that are no object', () => post('{"query":"{ me { name } }","variables":[1]}'), 400],
    ['JSON that nests 100,000 deep', () => post('['.repeat(100_000)), 400],
    ['a body of 2 MB', () => post(JSON.stringify({ query: `{ me { name } } #${'x'.repeat(2_000_000)}` })), 413],
    [
      'a bomb of gzip',
      () => post(gzipSync(Buffer.alloc(50_000_000, 0x20)), { ...JSON_BODY, 'content-encoding': 'gzip' }),
      413,
    ],
    ['a charset that nobody speaks', () => post(ME, { 'content-type': 'application/json; charset=ibm037' }), 415],
    [
      'UTF-7, in which a filter would read something else',
      () => post(ME, { 'content-type': 'application/json; charset=utf-7' }),
      415,
    ],
    ['plain text', () => post(ME, { 'content-type': 'text/plain' }), 400],
    ['a form', () => post('query={me{name}}', { 'content-type': 'application/x-www-form-urlencoded' }), 400],
    ['no content type', () => post(Buffer.from(ME), {}), 400],
    ['GET without the header that other sites cannot send', () => send('/graphql?query={me{name}}'), 400],
    [
      'GET of a mutation',
      () =>
        send(`/graphql?query=${encodeURIComponent('mutation { refresh(product: "a/b") { joined } }')}`, {
          headers: { 'apollo-require-preflight': '1' },
        }),
      405,
    ],
    ['an unknown operation', () => query('query A { me { name } }', { operationName: 'B' }), 400],
    ['no operation', () => query('fragment F on Me { name }'), 400],
    ['a subscription', () => query('subscription { anything }'), 400],
    ['an unknown field', () => query('{ nothing }'), 400],
    ['a missing variable', () => query('query ($id: ID!) { domain(id: $id) { id } }'), 400],
    ['a query that nests 5,000 deep', () => query(deep(5_000)), 400],
    [
      '30,000 aliases',
      () => query(`{ ${Array.from({ length: 30_000 }, (_, at) => `a${at}: __typename`).join(' ')} }`),
      400,
    ],
    [
      'fields of other subgraphs by their back door',
      () => query('{ _entities(representations: []) { __typename } }'),
      400,
    ],
    ['their service definition', () => query('{ _service { sdl } }'), 400],
    ['a field name of 900 KB', () => query(`{ ${'a'.repeat(900_000)} }`), 400],
    ['an unknown path', () => send('/nothing/here'), 404],
    ['a path below GraphQL', () => send('/graphql/more', { method: 'POST', headers: JSON_BODY, body: ME }), 404],
    ['a path that climbs', () => send('/..%2f..%2fpackage.json'), 404],
    ['a wrong key', () => post(ME, { ...JSON_BODY, authorization: 'Bearer wrong' }), 401],
    ['the key in another case', () => post(ME, { ...JSON_BODY, authorization: 'Bearer WEFT_ADMIN_OF_THIS_TEST' }), 401],
    ['a basic log-in', () => post(ME, { ...JSON_BODY, authorization: 'Basic YTpi' }), 401],
  ];
  test.each(cases)('%s', async (_name, act, status) => {
    const reply = await act();
    expect([reply.status, reply.text.length < 2_000 ? reply.text : '…']).toEqual([status, expect.any(String)]);
    expect(reply.text.length).toBeLessThan(2_000);
    expect(reply.text).not.toMatch(/node_modules|at .*\.ts:|select |stacktrace/);
  });
});

test('headers that ask for plans and traces are nobody’s', async () => {
  const headers = { 'apollo-query-plan-experimental': '1', 'apollo-federation-include-trace': 'ftv1' };
  const { data, extensions } = await gateway.ask('{ airports { totalCount } }', {}, headers);
  expect(data).toEqual({ airports: { totalCount: '0' } });
  expect(Object.keys(extensions!)).toEqual(['dataProducts']);
});

test('nobody changes anything without the key', async () => {
  const before = await gateway.ledger();
  for (const order of [
    'refresh(product: "network/airports") { joined }',
    'retire(product: "network/airports") { id }',
    'cancelRun(id: "x") { id }',
    'publish(products: []) { __typename }',
    'check(products: [{ name: "x", files: [{ path: "product.odps.yaml", text: "[" }] }]) { __typename }',
  ]) {
    const { data, errors } = await gateway.ask(`mutation { ${order} }`);
    expect([order, data, errors?.[0]?.extensions['code']]).toEqual([order, null, 'UNAUTHENTICATED']);
  }
  expect(await gateway.ledger()).toEqual(before);
});

test('prototype names are ordinary data everywhere', async () => {
  const { data } = await gateway.ask('{ constructor: me { toString: name } airports { hasOwnProperty: totalCount } }');
  expect(data.constructor).toEqual({ toString: 'anonymous' });
  const reply = await post(
    '{"query":"{ me { name } }","variables":{"__proto__":{"polluted":true}},"__proto__":{"polluted":1}}',
  );
  expect(reply.status).toBe(200);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('a fault inside shows a reference and nothing else; the log has its cause under it', async () => {
  await gateway.database.pool.query('alter table weft.runs rename to runs_gone');
  const { data, errors } = await gateway.ask('{ runs { nodes { id } } me { name } }');
  await gateway.database.pool.query('alter table weft.runs_gone rename to runs');
  expect(data).toBeNull();
  expect(errors![0]!.extensions).toEqual({ code: 'INTERNAL', reference: expect.any(String), serviceName: 'catalog' });
  expect(JSON.stringify(errors)).not.toContain('weft.runs');
  const { reference } = errors![0]!.extensions;
  expect(gateway.log.find((line) => line['reference'] === reference)?.['err'].message).toContain('weft.runs');
});

test('the console is one page that may run its own script alone, in nobody’s frame', async () => {
  const page = await send('/');
  expect(page.status).toBe(200);
  expect(page.text).toContain('<script type="module" src="console.js">');
  expect(page.text).not.toMatch(/<script>|\son\w+=|\sstyle=/);
  const policy = page.headers.get('content-security-policy')!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('unsafe');
  for (const asset of ['/console.js', '/console.css']) expect((await send(asset)).status).toBe(200);
  const browser = await send('/graphql', { headers: { accept: 'text/html' } });
  expect([browser.status, browser.headers.get('location')]).toEqual([302, '/']);
});

test('health says alive and ready; CORS is for nobody', async () => {
  expect(JSON.parse((await send('/healthz')).text)).toEqual({ alive: true });
  expect(JSON.parse((await send('/readyz')).text)).toMatchObject({ ready: true });
  const reply = await post(JSON.stringify({ query: '{ me { name } }' }), {
    ...JSON_BODY,
    origin: 'https://evil.example',
  });
  expect(reply.headers.get('access-control-allow-origin')).toBeNull();
  expect((await send('/healthz', { method: 'HEAD' })).status).toBe(200);
});

test('clients that go away in the midst of a request leave the door open', async () => {
  const body = JSON.stringify({ query: '{ me { name } airports { totalCount } }' });
  await Promise.all(
    Array.from(
      { length: 20 },
      () =>
        new Promise<void>((resolve) => {
          const request = httpRequest(`${gateway.url}/graphql`, { method: 'POST', headers: JSON_BODY });
          request.on('error', () => resolve());
          request.on('close', () => resolve());
          request.write(body.slice(0, 10));
          setTimeout(() => request.destroy(), 5);
        }),
    ),
  );
  expect((await gateway.ask('{ me { name } }')).data).toEqual({ me: { name: 'anonymous' } });
});
