import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gatewayHere, type GatewayHere } from './gateway-here.ts';
import { folderOf } from './product-text.ts';

let gateway: GatewayHere;

beforeAll(async () => {
  gateway = await gatewayHere();
  await gateway.publish([folderOf({ domain: 'network', name: 'airports' })]);
});
afterAll(() => gateway.close());

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** As it stands: neither path nor headers are made proper on their way, as `fetch` would. */
function send(path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Reply> {
  const { hostname, port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString(), headers: response.headers }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

const JSON_BODY = { 'content-type': 'application/json' };
const KEY = 'weft_admin_of_this_test';
const ME = JSON.stringify({ query: '{ me { name } }' });

function post(body: string | Buffer, headers: Record<string, string> = JSON_BODY): Promise<Reply> {
  return send('/graphql', { method: 'POST', headers, body });
}

function repeated(times: number, part: (at: number) => string): string {
  return Array.from({ length: times }, (_, at) => part(at)).join(' ');
}

function query(text: string, rest: object = {}): Promise<Reply> {
  return post(JSON.stringify({ query: text, ...rest }));
}

function get(search: string, headers: Record<string, string> = { 'apollo-require-preflight': '1' }): Promise<Reply> {
  return send(`/graphql?${search}`, { headers });
}

const asAdmin = { ...JSON_BODY, authorization: `Bearer ${KEY}` };
const sendMe = (path: string, method = 'POST') => send(path, { method, headers: JSON_BODY, body: ME });

type Case = [name: string, act: () => Promise<Reply>, status: number];

async function isRefused(act: () => Promise<Reply>, status: number): Promise<void> {
  const reply = await act();
  expect([reply.status, reply.text.slice(0, 300)]).toEqual([status, expect.any(String)]);
  expect(reply.text).not.toMatch(/node_modules|at .*\.ts:|select |stacktrace|INTERNAL/);
  expect(reply.headers['x-content-type-options']).toBe('nosniff');
  expect(reply.headers['content-security-policy']).toContain("default-src 'none'");
}

describe('an operation that is larger than people write is refused in less than a second:', () => {
  const cycle = (times: number): string =>
    `{ domains { ${repeated(times, () => 'products { domain {')} id ${repeated(times, () => '} }')} } }`;
  const chain = (length: number): string =>
    `{ domains { ...F0 } } ${repeated(length, (at) => `fragment F${at} on Domain { products { domain { ... # F\nF${at + 1} } } }`)}
     fragment F${length} on Domain { id }`;
  const doubling = (times: number): string =>
    `{ ...F0 } ${repeated(times, (at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`)} fragment F${times} on Query { me { name } }`;
  const where = (levels: number): string => `{"not":`.repeat(levels) + '{}' + '}'.repeat(levels);
  test.each<[string, () => Promise<Reply>]>([
    ['200 levels', () => query(cycle(100))],
    ['1,000 levels, at which the planner would end the process', () => query(cycle(500))],
    ['300 fragments in one another', () => query(chain(300))],
    ['fragments in a circle', () => query(chain(300).replace('F300 on Domain { id }', 'F300 on Domain { ...F0 }'))],
    ['brackets that nothing closes', () => query('{a'.repeat(9_000))],
    ['lists in lists', () => query(`{ me(a: ${'['.repeat(9_000)}${']'.repeat(9_000)}) { name } }`)],
    ['types in types', () => query(`query ($a: ${'['.repeat(9_000)}Int${']'.repeat(9_000)}) { me { name } }`)],
    ['levels in a GET', () => get(`query=${'{a'.repeat(5_000)}`)],
    ['variables in a GET', () => get(`query={me{name}}&variables=${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`)],
    [
      'variables in one another',
      () =>
        post(
          `{"query":"query ($w: AirportWhere) { airports(where: $w) { totalCount } }","variables":{"w":${where(50_000)}}}`,
        ),
    ],
    ['2^18 fields by fragments', () => query(doubling(18))],
    ['10,000 operations', () => query(repeated(10_000, (at) => `query Q${at} { me { name } }`))],
    ['10,000 variables', () => query(`query (${repeated(10_000, (at) => `$v${at}: Int`)}) { me { name } }`)],
    ['10,000 directives', () => query(`{ me ${repeated(10_000, () => '@skip(if: false)')} { name } }`)],
    ['6,000 unknown directives', () => query(`{ me ${repeated(6_000, (at) => `@d${at}`)} { name } }`)],
    [
      '2,400 fragments that nobody spreads',
      () => query(`{ me { name } } ${repeated(2_400, (at) => `fragment F${at} on Me { name }`)}`),
    ],
    [
      '2,000 aliases of one root field',
      () => query(`{ ${repeated(2_000, (at) => `a${at}: airports { totalCount }`)} }`),
    ],
    ['3,000 times one field', () => query(`{ ${repeated(3_000, () => 'me { name }')} }`)],
    [
      'introspection that goes round',
      () => query(`{ __schema { types { ${'fields { type { '.repeat(20)} name ${'} }'.repeat(20)} } } }`),
    ],
  ])('%s', async (_name, act) => {
    await isRefused(act, 400);
  });

  test('while one that is as deep as tools write them is answered', async () => {
    expect((await query(cycle(12))).status).toBe(200);
    expect((await query(chain(12))).status).toBe(200);
    const { text } = await post(
      `{"query":"query ($w: AirportWhere) { airports(where: $w) { totalCount } }","variables":{"w":${where(8)}}}`,
    );
    expect(JSON.parse(text).data).toEqual({ airports: { totalCount: '0' } });
  });
});

describe('what is no request of GraphQL over HTTP is refused:', () => {
  const broken = Buffer.concat([
    Buffer.from('{"query":"{ me { name } } #'),
    Buffer.from([0xff, 0xc0]),
    Buffer.from('"}'),
  ]);
  const parts = `--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n${ME}\r\n--x--`;
  const preflight = { 'apollo-require-preflight': '1' };
  test.each<Case>([
    ['50 MB', () => post(Buffer.alloc(50_000_000, 0x20)), 413],
    ['no body', () => post(''), 400],
    ['a string', () => post('"{ me { name } }"'), 400],
    ['bytes that are not UTF-8', () => post(broken), 400],
    ['half of a pair', () => post('{"query":"{ me { name } } # \\ud800"}'), 400],
    ['parts', () => post(parts, { 'content-type': 'multipart/form-data; boundary=x' }), 400],
    ['parts, preflighted', () => post(parts, { 'content-type': 'multipart/form-data; boundary=x', ...preflight }), 400],
    ['text, preflighted', () => post(ME, { 'content-type': 'text/plain', ...preflight }), 400],
    ['a query that is null', () => query(null as unknown as string), 400],
    ['an empty query', () => query(''), 400],
    ['a query of blanks', () => query('  '), 400],
    ['a number as query', () => query(5 as unknown as string), 400],
    ['a schema as query', () => query('type A { a: Int }'), 400],
    ['two operations without names', () => query('{ me { name } } { me { admin } }'), 400],
    ['variables as text', () => query('{ me { name } }', { variables: '{"a":1}' }), 400],
    ['a number as name', () => query('{ me { name } }', { operationName: 5 }), 400],
    ['a list as name', () => query('{ me { name } }', { operationName: ['A'] }), 400],
    ['a list as extensions', () => query('{ me { name } }', { extensions: [] }), 400],
    ['@stream', () => query('{ domains @stream { id } }'), 400],
    ['an answer in XML', () => post(ME, { ...JSON_BODY, accept: 'application/xml' }), 406],
    ['GET with another content type', () => get('query={me{name}}', { 'content-type': 'text/plain' }), 400],
    [
      'GET with two content types',
      () => get('query={me{name}}', { 'content-type': 'application/json, text/plain' }),
      415,
    ],
    ['GET of two queries', () => get('query={me{name}}&query={me{admin}}'), 400],
    ['GET with variables that are no JSON', () => get('query={me{name}}&variables=nope'), 400],
    ['GET of half a character', () => get('query=%E0%A4%A'), 400],
    ['PUT', () => sendMe('/graphql', 'PUT'), 405],
    ['DELETE', () => send('/graphql', { method: 'DELETE', headers: preflight }), 405],
    [
      'a preflight of another site',
      () =>
        send('/graphql', {
          method: 'OPTIONS',
          headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
        }),
      400,
    ],
  ])('%s', (_name, act, status) => isRefused(act, status));
});

describe('a key is good in its header alone, and whole:', () => {
  const withKey = (key: string) => () => post(ME, { ...JSON_BODY, authorization: key });
  test.each<Case>([
    ['cut', withKey(`Bearer ${KEY.slice(0, -1)}`), 401],
    ['padded', withKey(`Bearer ${KEY}=`), 401],
    ['twice', withKey(`Bearer ${KEY} ${KEY}`), 401],
    ['empty', withKey(''), 401],
    ['without its kind', withKey(KEY), 401],
    ['of another kind', withKey(`Token ${KEY}`), 401],
    ['a megabyte of it', () => post(ME, { ...JSON_BODY, authorization: `Bearer ${'x'.repeat(1_000_000)}` }), 431],
  ])('%s', async (_name, act, status) => expect((await act()).status).toBe(status));

  test.each<[string, () => Promise<Reply>]>([
    ['in a cookie', () => post(ME, { ...JSON_BODY, cookie: `authorization=Bearer ${KEY}; key=${KEY}` })],
    [
      'in the address',
      () => send(`/graphql?authorization=Bearer%20${KEY}&key=${KEY}`, { method: 'POST', headers: JSON_BODY, body: ME }),
    ],
    [
      'in headers of other makes',
      () => post(ME, { ...JSON_BODY, 'x-api-key': KEY, 'x-hasura-role': 'admin', 'x-hasura-admin-secret': KEY }),
    ],
  ])('%s it is none', async (_name, act) =>
    expect(JSON.parse((await act()).text).data).toEqual({ me: { name: 'anonymous' } }),
  );
});

describe('a path is what it is routed as:', () => {
  test.each<Case>([
    ['//graphql', () => sendMe('//graphql'), 404],
    ['/graphql;/public', () => sendMe('/graphql;/public'), 404],
    ['/x/../graphql', () => sendMe('/x/../graphql'), 404],
    ['/%67raphql', () => sendMe('/%67raphql'), 404],
    ['a subgraph in other letters', () => sendMe('/SUBGRAPHS/network/1'), 401],
    ['a subgraph and a slash', () => sendMe('/subgraphs/network/1/'), 401],
    ['a subgraph and a parameter', () => sendMe('/subgraphs/network/1;/healthz'), 404],
    ['//subgraphs', () => sendMe('//subgraphs/network/1'), 404],
    ['GET of a subgraph', () => send('/subgraphs/network/1', { headers: asAdmin }), 404],
    [
      'a subgraph of the name of a prototype',
      () => send('/subgraphs/__proto__/1', { method: 'POST', headers: asAdmin, body: ME }),
      404,
    ],
    [
      'a batch for a subgraph',
      () => send('/subgraphs/network/1', { method: 'POST', headers: asAdmin, body: `[${ME}]` }),
      400,
    ],
    ['a file of the server', () => send('/../server.ts'), 404],
    ['a hidden file', () => send('/.git/config'), 404],
    ['a path of half a character', () => send('/%E0%A4%A'), 404],
    ['a path that ends early', () => send('/index.html%00.css'), 404],
    ['POST of health', () => send('/healthz', { method: 'POST' }), 404],
  ])('%s', (_name, act, status) => isRefused(act, status));
});

test('a name that is empty is no name', async () => {
  for (const reply of [
    await query('query A { me { name } }', { operationName: '' }),
    await get('query={me{name}}&operationName='),
  ])
    expect(JSON.parse(reply.text).data).toEqual({ me: { name: 'anonymous' } });
});

test('texts that Postgres cannot hold are refused as values', async () => {
  for (const text of ['a\u0000b', '\ud800']) {
    const { text: reply } = await query('query ($i: ID!) { airports(where: { id: { eq: $i } }) { totalCount } }', {
      variables: { i: text },
    });
    expect(JSON.parse(reply).errors[0].extensions.code).toBe('BAD_INPUT');
  }
});

test('nothing of all that was a fault: the log is empty', () => {
  expect(gateway.log).toEqual([]);
});
