import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { federation } from '../federation/subgraph-service.ts';
import { type GatewayHere, gatewayHere, type Tree } from '../gateway-here.ts';
import { edited, folderOf, remoteFolder } from '../product-text.ts';
import { type EventService, eventService } from './event-service.ts';
import { type StreamAsk, type StreamClient, streamClient } from './stream-client.ts';

const CLOCK = `${federation('@key')}
  type Query { now: Int! }
  type Subscription { ticked: Int! padded: String }`;
const TICKED = 'subscription { ticked }';
const ADMIN = { authorization: 'Bearer weft_admin_of_this_test' };
const MAX = 20;

let gateway: GatewayHere;
let clock: EventService;
const clients: StreamClient[] = [];

beforeAll(async () => {
  clock = await eventService({ sdl: CLOCK, resolvers: { Query: { now: () => 12 } } });
  gateway = await gatewayHere({ config: { subscriptionsMax: MAX } });
  await gateway.publish([remoteFolder('clock', clock.url, CLOCK)]);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await clock.heardBy(0);
});
afterAll(async () => {
  await gateway.close();
  await clock.close();
});

async function asked(query: string, ask: StreamAsk = {}): Promise<StreamClient> {
  const before = clock.listeners();
  const client = await streamClient(gateway.url, query, ask);
  clients.push(client);
  if (client.answer === null && query.startsWith('subscription')) await clock.heardBy(before + 1);
  return client;
}

test('events come as they happen, and then that they are complete', async () => {
  const client = await asked(TICKED);
  expect(client.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  clock.emit(1);
  expect(await client.next()).toMatchObject({ data: { ticked: 1 } });
  clock.emit(2);
  clock.complete();
  expect(await client.rest()).toMatchObject([{ data: { ticked: 2 } }]);
});

test.each<[string, StreamAsk]>([
  ['by GET, as EventSource does', { method: 'GET' }],
  ['from a page of here', { method: 'GET', headers: { 'sec-fetch-site': 'same-origin' } }],
  ['of one who takes other forms too', { headers: { accept: 'application/json, text/event-stream, multipart/mixed' } }],
])('a subscription is taken %s', async (_how, ask) => {
  const client = await asked(TICKED, ask);
  clock.emit(3);
  expect(await client.next()).toMatchObject({ data: { ticked: 3 } });
});

test('Apollo’s clients get it in parts of one body', async () => {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json',
    },
    body: JSON.stringify({ query: TICKED }),
  });
  expect(response.headers.get('content-type')).toBe('multipart/mixed;boundary="graphql";subscriptionSpec=1.0');
  await clock.heardBy(1);
  clock.emit(4);
  clock.complete();
  const parts = (await response.text()).split('\r\n--graphql').slice(1);
  expect(parts.at(-1)).toBe('--\r\n');
  expect(parts.slice(0, -1).map((part) => JSON.parse(part.split('\r\n\r\n')[1]!))).toMatchObject([
    { payload: { data: { ticked: 4 } } },
  ]);
});

test('a query is answered by one event where the client takes nothing else, and as ever where it does', async () => {
  expect(await (await asked('{ now me { name } }')).rest()).toMatchObject([
    { data: { now: 12, me: { name: 'anonymous' } }, extensions: { dataProducts: [{ id: 'elsewhere/clock' }] } },
  ]);
  const { answer } = await asked('{ now }', { headers: { accept: 'text/event-stream, application/json' } });
  expect(answer).toMatchObject({ data: { now: 12 } });
});

test.each<[string, number, string, string, StreamAsk]>([
  ['no GraphQL', 400, 'GRAPHQL_PARSE_FAILED', 'subscription {', {}],
  ['an unknown field', 400, 'GRAPHQL_VALIDATION_FAILED', 'subscription { tocked }', {}],
  ['two fields at the root', 400, 'GRAPHQL_VALIDATION_FAILED', 'subscription { a: ticked b: ticked }', {}],
  ['a wrong variable', 400, '', 'query ($id: ID!) { domain(id: $id) { id } }', {}],
  ['a root that may be skipped', 400, 'BAD_INPUT', 'subscription ($s: Boolean!) { ticked @skip(if: $s) }', {}],
  [
    'or a fragment there',
    400,
    'BAD_INPUT',
    'subscription ($s: Boolean!) { ...T @include(if: $s) } fragment T on Subscription { ticked }',
    {},
  ],
  ['a wrong key', 401, 'UNAUTHENTICATED', TICKED, { headers: { authorization: 'Bearer wrong' } }],
  ['one who takes no stream', 406, 'SUBSCRIPTION_NEEDS_STREAM', TICKED, { headers: { accept: 'application/json' } }],
  ['one who says nothing of it', 406, 'SUBSCRIPTION_NEEDS_STREAM', TICKED, { headers: { accept: '*/*' } }],
  [
    'the same by GET',
    406,
    'SUBSCRIPTION_NEEDS_STREAM',
    TICKED,
    { method: 'GET', headers: { accept: 'application/json', 'apollo-require-preflight': '1' } },
  ],
  ['a page of elsewhere', 400, '', TICKED, { method: 'GET', headers: { 'sec-fetch-site': 'cross-site' } }],
  ['text in place of JSON', 400, '', TICKED, { headers: { 'content-type': 'text/plain' } }],
  ['a mutation by GET', 405, '', 'mutation { refresh(product: "a/b") { joined } }', { method: 'GET' }],
])('before anything is streamed, an ordinary answer refuses %s', async (_that, status, code, query, ask) => {
  const client = await asked(query, ask);
  expect([client.status, client.headers.get('content-type')]).toEqual([
    status,
    expect.stringMatching(/^application\/json/),
  ]);
  const [error] = client.answer.errors;
  if (code !== '') expect(error.extensions.code).toBe(code);
  expect(error.message.length).toBeGreaterThan(10);
  expect(clock.listeners()).toBe(0);
});

test('when the client goes, its service is told at once', async () => {
  const client = await asked(TICKED);
  client.leave();
  await clock.heardBy(0);
  expect(await metric('weft_subscriptions')).toBe(0);
});

test('where the service breaks, one error says so, and that nothing more comes', async () => {
  const client = await asked(TICKED);
  clock.emit(1);
  await client.next();
  clock.cut();
  expect(await client.rest()).toEqual([
    {
      errors: [
        {
          message: 'The service of elsewhere/clock broke its events off.',
          extensions: { code: 'SUBGRAPH_UNAVAILABLE', product: 'elsewhere/clock' },
        },
      ],
    },
  ]);
});

test('no more subscriptions are taken than are allowed, and others take the place of those that ended', async () => {
  const all = await Promise.all(Array.from({ length: MAX }, () => streamClient(gateway.url, TICKED)));
  clients.push(...all);
  await clock.heardBy(MAX);
  const { status, answer } = await asked(TICKED);
  expect([status, answer]).toMatchObject([
    503,
    { errors: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS', retry: true } }] },
  ]);
  all[0]!.leave();
  await clock.heardBy(MAX - 1);
  expect((await asked(TICKED)).status).toBe(200);
});

test('a client that does not read loses its subscription, not the gateway its memory', async () => {
  const pad = 'x'.repeat(100_000);
  const stuck = await new Promise<Tree>((resolve) => {
    const sent = request(
      `${gateway.url}/graphql`,
      { method: 'POST', headers: { 'content-type': 'application/json', accept: 'text/event-stream' } },
      resolve,
    );
    sent.end(JSON.stringify({ query: 'subscription { padded }' }));
  });
  stuck.pause();
  const reader = await asked('subscription { padded }');
  await clock.heardBy(2);
  let heard = 0;
  // Its service is told that nobody listens any more as soon as too much waits.
  while (clock.listeners() === 2) {
    clock.emit(pad);
    const { data } = await reader.next();
    heard += String(data.padded).length;
  }
  expect(heard).toBeGreaterThan(1_000_000);
  expect(heard).toBeLessThan(60_000_000);
  let text = '';
  for await (const chunk of stuck) text += String(chunk);
  const last = text.trimEnd().split('\n\n').at(-2)!;
  expect(last).toContain('"code":"SUBSCRIBER_TOO_SLOW"');
  expect(text.endsWith('event: complete\ndata:\n\n')).toBe(true);
});

test('requests that offer HTTP/2 besides, as Java’s client does, are answered as they are', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const sent = request(
      `${gateway.url}/graphql`,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          connection: 'Upgrade, HTTP2-Settings',
          upgrade: 'h2c',
          'http2-settings': 'AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
        },
      },
      (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('end', () => resolve(text));
      },
    );
    sent.once('error', reject);
    sent.end(JSON.stringify({ query: '{ now }' }));
  });
  expect(JSON.parse(answer)).toMatchObject({ data: { now: 12 } });
});

test('through a swap of the graph it goes on where it means the same, and with what is new', async () => {
  const client = await asked(TICKED);
  await gateway.publish([folderOf({ domain: 'network', name: 'airports' })]);
  clock.emit(5);
  expect(await client.next()).toMatchObject({ data: { ticked: 5 } });
  const later = edited(remoteFolder('clock', clock.url, CLOCK), 'schema.graphql', (sdl) =>
    sdl.replace('ticked: Int!', 'ticked: Int! "Late." late: Int'),
  );
  expect(await gateway.publish([later])).toMatchObject({ __typename: 'Published' });
  clock.emit(6);
  expect(await client.next()).toMatchObject({ data: { ticked: 6 } });
});

test('where it would not mean the same it is ended, though nothing happens, and its client told to subscribe anew', async () => {
  const [ticked, padded] = [await asked(TICKED), await asked('subscription { padded }')];
  const without = edited(remoteFolder('clock', clock.url, CLOCK), 'schema.graphql', (sdl) =>
    sdl.replace('padded: String', ''),
  );
  expect(await gateway.publish([without])).toMatchObject({ __typename: 'Published' });
  expect(await padded.rest()).toMatchObject([{ errors: [{ extensions: { code: 'GRAPH_CHANGED', retry: true } }] }]);
  await clock.heardBy(1);
  const moved = await eventService({ sdl: CLOCK, resolvers: {} });
  expect(await gateway.publish([remoteFolder('clock', moved.url, CLOCK)])).toMatchObject({ __typename: 'Published' });
  expect(await ticked.rest()).toMatchObject([{ errors: [{ extensions: { code: 'GRAPH_CHANGED' } }] }]);
  await gateway.publish([remoteFolder('clock', clock.url, CLOCK)]);
  await moved.close();
});

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]);
}

test('a gateway that goes down ends its subscriptions with a word, and takes no more', async () => {
  const leaving = await gatewayHere({ database: gateway.database });
  const client = await streamClient(leaving.url, TICKED, { headers: ADMIN });
  await clock.heardBy(1);
  const closing = leaving.close();
  expect(await client.rest()).toMatchObject([{ errors: [{ extensions: { code: 'GATEWAY_DRAINING', retry: true } }] }]);
  await closing;
  await clock.heardBy(0);
});
