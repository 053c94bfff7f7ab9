import type { RequestListener, Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gatewayHere, type GatewayHere } from './gateway-here.ts';
import { folderOf, remoteFolder } from './product-text.ts';
import { answering, ended, listening, urlOf } from './remote/services-here.ts';

const SDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { greeting: String }
type Airport @key(fields: "id") { id: ID! mood: String }`;

let gateway: GatewayHere;
let service: Server;
let canary: Server;
let canaryHits = 0;
let behave: RequestListener;

beforeAll(async () => {
  service = await listening((request, response) => behave(request, response));
  canary = await listening((_request, response) => {
    canaryHits += 1;
    response.end('{"data":{"greeting":"from inside"}}');
  });
  gateway = await gatewayHere();
  await gateway.publish([folderOf({ domain: 'network', name: 'airports' })]);
  const run = await gateway.load('network/airports', 'airports', 'id text primary key', `values ('SEA')`);
  await gateway.ask(`{ run(id: "${run}") { phase } }`);
  expect(await gateway.publish([remoteFolder('moods', `${urlOf(service)}/graphql`, SDL)])).toMatchObject({
    __typename: 'Published',
  });
});
afterAll(async () => {
  await gateway.close();
  await ended(service, canary);
});

test('a service of another make answers in the same graph, and the answer names its product', async () => {
  behave = answering(200, JSON.stringify({ data: { _entities: [{ __typename: 'Airport', mood: 'calm' }] } }));
  const { data, errors, extensions } = await gateway.ask('{ airports { nodes { id mood } } }');
  expect(errors).toBeUndefined();
  expect(data).toEqual({ airports: { nodes: [{ id: 'SEA', mood: 'calm' }] } });
  expect(extensions!.dataProducts.map(({ id }) => id)).toEqual(['elsewhere/moods', 'network/airports']);
});

test.each<[string, () => RequestListener, RegExp]>([
  ['answers 500', () => answering(500, 'secret stack'), /JSON|500/],
  ['answers a page', () => answering(200, '<html>secret</html>'), /JSON/],
  ['cuts its answer off', () => answering(200, '{"data":{"_ent'), /JSON/],
  ['answers a list', () => answering(200, '["secret"]'), /GraphQL/],
  ['answers data that is no object', () => answering(200, '{"data":"secret"}'), /GraphQL/],
  ['sends 9 MB', () => answering(200, JSON.stringify({ data: { x: 's'.repeat(9_000_000) } })), /more than/],
  ['resets the connection', () => (request) => request.socket.destroy(), /reached/],
  ['sends elsewhere', () => answering(307, '', { location: urlOf(canary) }), /307|JSON/],
])(
  'where the service %s, the other fields are answered, and one error names it without a word of its body',
  async (_name, make, says) => {
    behave = make();
    const { data, errors } = await gateway.ask('{ airports { nodes { id mood } } }');
    expect(data).toEqual({ airports: { nodes: [{ id: 'SEA', mood: null }] } });
    expect(errors).toHaveLength(1);
    expect(errors![0]!.message).toMatch(says);
    expect(errors![0]!.path).toEqual(['airports', 'nodes', 0, 'mood']);
    expect(errors![0]!.extensions).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE', product: 'elsewhere/moods' });
    expect(JSON.stringify(errors)).not.toContain('secret');
    expect(canaryHits).toBe(0);
  },
);

test('keys that would change prototypes are dropped from an answer', async () => {
  behave = answering(
    200,
    '{"data":{"greeting":"hi","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}}',
  );
  const { data } = await gateway.ask('{ greeting }');
  expect(data).toEqual({ greeting: 'hi' });
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test("the service's own errors come with their place", async () => {
  behave = answering(
    200,
    JSON.stringify({ data: { greeting: null }, errors: [{ message: 'no greeting today', path: ['greeting'] }] }),
  );
  const { data, errors } = await gateway.ask('{ greeting }');
  expect(data).toEqual({ greeting: null });
  expect(errors).toMatchObject([{ message: 'no greeting today', path: ['greeting'] }]);
});

test('of an error of the service its message and code are told, never a stack, and it does not set the status of the answer', async () => {
  for (const code of ['TIRED', 'INVALID_GRAPHQL', 'INTERNAL_SERVER_ERROR']) {
    const extensions = {
      code,
      http: { status: 302 },
      stacktrace: ['at secret'],
      exception: { stacktrace: ['at secret'] },
      sql: 'select secret',
    };
    behave = answering(200, JSON.stringify({ data: { greeting: null }, errors: [{ message: 'no', extensions }] }));
    const { status, errors } = await gateway.ask('{ greeting }');
    expect(status).toBe(200);
    expect(errors).toEqual([
      expect.objectContaining({ message: 'no', extensions: { code, serviceName: 'elsewhere/moods' } }),
    ]);
  }
  const strange = [
    { message: 'no', extensions: { code: 5 } },
    { message: 'no', extensions: 'x' },
  ];
  behave = answering(200, JSON.stringify({ data: null, errors: strange }));
  expect((await gateway.ask('{ greeting }')).errors).toHaveLength(2);
});

test('where the service fails, each field that it was asked for has an error, and those of others are answered', async () => {
  behave = answering(500, '');
  const { data, errors } = await gateway.ask(
    '{ hello: greeting greeting me { name } airports { nodes { id feel: mood } } }',
  );
  expect(data).toEqual({
    hello: null,
    greeting: null,
    me: { name: 'anonymous' },
    airports: { nodes: [{ id: 'SEA', feel: null }] },
  });
  expect(errors!.map(({ path }) => (path as string[]).join('.')).sort()).toEqual([
    'airports.nodes.0.feel',
    'greeting',
    'hello',
  ]);
  for (const { extensions } of errors!) expect(extensions).toMatchObject({ product: 'elsewhere/moods' });
});

test.each<[string, unknown, string]>([
  ['an object for a text', { greeting: { secret: 1 } }, '{ greeting }'],
  ['a list for a text', { greeting: ['secret'] }, '{ greeting }'],
  ['entities that are no list', { _entities: 'secret' }, '{ airports { nodes { id mood } } }'],
  ['entities of no type', { _entities: [7] }, '{ airports { nodes { id mood } } }'],
  ['no entities', { _entities: [] }, '{ airports { nodes { id mood } } }'],
  ['entities under another name', { entities: [] }, '{ airports { nodes { id mood } } }'],
  [
    'more entities than were asked for',
    { _entities: Array(9).fill({ mood: 'secret', __typename: 'Airport' }) },
    '{ airports { nodes { id mood } } }',
  ],
])('%s hurts the field of the service alone', async (_name, data, query) => {
  behave = answering(200, JSON.stringify({ data }));
  const answer = await gateway.ask(query);
  expect(answer.status).toBe(200);
  expect(JSON.stringify(answer)).not.toContain('secret');
  expect(answer.data).toEqual(
    query === '{ greeting }' ? { greeting: null } : { airports: { nodes: [expect.objectContaining({ id: 'SEA' })] } },
  );
});

test('equal queries at once ask a service once for each principal, and each is answered as itself', async () => {
  let asked = 0;
  behave = (request, response) => {
    asked += 1;
    setTimeout(() => answering(200, '{"data":{"greeting":"hi"}}')(request, response), 100);
  };
  const query = 'query Greet($no: Boolean = false) { greeting @skip(if: $no) me { name } }';
  const [first, ...others] = await Promise.all([
    ...Array.from({ length: 8 }, () => gateway.ask(query)),
    gateway.order(query),
    gateway.ask(query, {}, { 'cache-control': 'no-cache' }),
  ]);
  expect(first.data).toEqual({ greeting: 'hi', me: { name: 'anonymous' } });
  expect(others.map(({ data }) => data.me.name).filter((name: string) => name === 'admin')).toHaveLength(1);
  expect(first.extensions!.dataProducts).toMatchObject([{ id: 'elsewhere/moods' }]);
  expect(asked).toBe(2);
});

test('a query whose client goes does not take the answer of the others with it', async () => {
  let asked = 0;
  let answer: (() => void) | undefined;
  behave = (request, response) => {
    asked += 1;
    answer = () => answering(200, '{"data":{"greeting":"hi"}}')(request, response);
  };
  const body = JSON.stringify({ query: '{ greeting }' });
  const client = new AbortController();
  const headers = { 'content-type': 'application/json' };
  const goes = fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body, signal: client.signal });
  while (answer === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  const stays = gateway.ask('{ greeting }');
  await new Promise((resolve) => setTimeout(resolve, 100));
  client.abort();
  await expect(goes).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 100));
  answer();
  expect((await stays).data).toEqual({ greeting: 'hi' });
  expect(asked).toBe(1);
});

test('how a service does is in /metrics', async () => {
  behave = answering(200, '{"data":{"greeting":"hi"}}');
  await gateway.ask('{ greeting }');
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  expect(text).toContain('weft_remote_breaker_state{service="elsewhere/moods"} 0');
  expect(text).toMatch(/weft_remote_requests_total\{service="elsewhere\/moods",outcome="answered"\} [1-9]/);
  expect(text).toMatch(/weft_remote_requests_total\{service="elsewhere\/moods",outcome="retried"\} [1-9]/);
  expect((await (await fetch(`${gateway.url}/metrics`)).text()).match(/outcome="answered"/g)).toHaveLength(1);
});
