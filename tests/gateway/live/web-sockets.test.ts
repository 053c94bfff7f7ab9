import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { federation } from '../federation/subgraph-service.ts';
import { type GatewayHere, gatewayHere, type Tree } from '../gateway-here.ts';
import { edited, remoteFolder } from '../product-text.ts';
import { type EventService, eventService } from './event-service.ts';

const CLOCK = `${federation('@key', '@authenticated')}
  type Query { now: Int! slowly: Int }
  type Mutation { wind: Int }
  type Subscription { ticked: Int! secretly: Int @authenticated }`;
const KEY = 'Bearer weft_admin_of_this_test';

let gateway: GatewayHere;
let clock: EventService;
let answerSlowly: () => void = () => undefined;
let noteAsked: () => void = () => undefined;
const slowlyAsked = new Promise<void>((resolve) => (noteAsked = resolve));
const clients: Client[] = [];
const sockets: WebSocket[] = [];

beforeAll(async () => {
  clock = await eventService({
    sdl: CLOCK,
    resolvers: {
      Query: {
        now: () => 12,
        slowly: () => {
          noteAsked();
          return new Promise((resolve) => (answerSlowly = () => resolve(1)));
        },
      },
      Mutation: { wind: () => 3 },
    },
  });
  gateway = await gatewayHere();
  // This service is asked by WebSocket, too.
  const folder = edited(remoteFolder('clock', clock.url, CLOCK), 'product.odps.yaml', (text) =>
    text.replace('status: active', 'status: active\ncustomProperties: [{ property: subscriptions, value: websocket }]'),
  );
  expect(await gateway.publish([folder])).toMatchObject({ __typename: 'Published' });
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose();
  for (const socket of sockets.splice(0)) socket.terminate();
  await clock.heardBy(0);
});
afterAll(async () => {
  await gateway.close();
  await clock.close();
});

function connected(connectionParams: Record<string, unknown> = {}, url = gateway.url): Client {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: 0,
  });
  clients.push(client);
  return client;
}

/** A socket, before anything is said. */
function raw(options: { protocol?: string; headers?: Record<string, string>; path?: string } = {}): WebSocket {
  const { protocol = 'graphql-transport-ws', headers = {}, path = '/graphql' } = options;
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}${path}`, protocol, { headers });
  sockets.push(socket);
  // One that is refused is ended before it is open.
  socket.on('error', () => undefined);
  return socket;
}

/** What it says, and the code with which it is closed. */
function heardOf(socket: WebSocket): { messages: Tree[]; closed: Promise<number>; next(): Promise<Tree> } {
  const messages: Tree[] = [];
  let read = 0;
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString('utf8'))));
  return {
    messages,
    closed: once(socket, 'close').then(([code]) => code as number),
    next: async () => {
      for (let tries = 0; messages.length === read && tries < 1_000; tries++) await sleep(5);
      return messages[read++];
    },
  };
}

async function begun(options: Parameters<typeof raw>[0] = {}) {
  const socket = raw(options);
  const heard = heardOf(socket);
  await once(socket, 'open');
  const say = (message: object): void => socket.send(JSON.stringify(message));
  say({ type: 'connection_init' });
  expect(await heard.next()).toEqual({ type: 'connection_ack' });
  return { socket, say, ...heard };
}

test('queries, mutations and subscriptions go over one socket', async () => {
  const client = connected({ authorization: KEY });
  const one = async (query: string): Promise<Tree> => (await client.iterate({ query }).next()).value;
  expect(await one('{ now me { name } }')).toMatchObject({
    data: { now: 12, me: { name: 'admin' } },
    extensions: { dataProducts: [{ id: 'elsewhere/clock' }] },
  });
  expect(await one('mutation { wind }')).toMatchObject({ data: { wind: 3 } });
  const events = client.iterate({ query: 'subscription { ticked }' });
  const first = events.next();
  await clock.heardBy(1);
  clock.emit(1);
  expect((await first).value).toMatchObject({ data: { ticked: 1 } });
  clock.emit(2);
  expect((await events.next()).value).toMatchObject({ data: { ticked: 2 } });
  clock.complete();
  expect((await events.next()).done).toBe(true);
});

test('when a subscription is done with, its service is told, and the socket stays', async () => {
  const { say, next } = await begun();
  say({ id: 'a', type: 'subscribe', payload: { query: 'subscription { ticked }' } });
  await clock.heardBy(1);
  say({ id: 'a', type: 'complete' });
  await clock.heardBy(0);
  say({ id: 'a', type: 'subscribe', payload: { query: '{ now }' } });
  expect(await next()).toMatchObject({ id: 'a', type: 'next', payload: { data: { now: 12 } } });
  expect(await next()).toEqual({ id: 'a', type: 'complete' });
});

test('when the client goes, so do all its subscriptions', async () => {
  const { socket, say } = await begun();
  for (const id of ['a', 'b', 'c']) say({ id, type: 'subscribe', payload: { query: 'subscription { ticked }' } });
  await clock.heardBy(3);
  socket.terminate();
  await clock.heardBy(0);
});

test.each<[string, object, string]>([
  ['no GraphQL', { query: '{' }, 'GRAPHQL_PARSE_FAILED'],
  ['an unknown field', { query: 'subscription { tocked }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ['no request', { query: 7 }, 'BAD_INPUT'],
  ['what needs a right', { query: 'subscription { secretly }' }, 'UNAUTHORIZED_FIELD_OR_TYPE'],
  ['variables that are none', { query: 'query ($id: ID!) { domain(id: $id) { id } }', variables: [] }, 'BAD_INPUT'],
  [
    'an unknown hash',
    { extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } },
    'PERSISTED_QUERY_NOT_FOUND',
  ],
])('%s is refused by an error of its own', async (_that, payload, code) => {
  const { say, next } = await begun();
  say({ id: 'a', type: 'subscribe', payload });
  expect(await next()).toMatchObject({ id: 'a', type: 'error', payload: [{ extensions: { code } }] });
  say({ type: 'ping', payload: { at: 1 } });
  expect(await next()).toEqual({ type: 'pong', payload: { at: 1 } });
});

test('where the service breaks, one error says so before the subscription is complete', async () => {
  const { say, next } = await begun();
  say({ id: 'a', type: 'subscribe', payload: { query: 'subscription { ticked }' } });
  await clock.heardBy(1);
  clock.cut();
  expect(await next()).toMatchObject({
    id: 'a',
    type: 'next',
    payload: { errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE', product: 'elsewhere/clock' } }] },
  });
  expect(await next()).toEqual({ id: 'a', type: 'complete' });
});

test.each<[string, number, unknown[]]>([
  ['a wrong key', 4403, [{ type: 'connection_init', payload: { Authorization: 'Bearer wrong' } }]],
  ['a key that is none', 4403, [{ type: 'connection_init', payload: { authorization: 7 } }]],
  ['an operation before the start', 4401, [{ id: 'a', type: 'subscribe', payload: { query: '{ now }' } }]],
  ['two starts', 4429, [{ type: 'connection_init' }, { type: 'connection_init' }]],
  [
    'one id twice',
    4409,
    [
      { type: 'connection_init' },
      { id: 'a', type: 'subscribe', payload: { query: 'subscription { ticked }' } },
      { id: 'a', type: 'subscribe', payload: { query: 'subscription { ticked }' } },
    ],
  ],
  ['no operation’s id', 4400, [{ type: 'connection_init' }, { type: 'subscribe', payload: { query: '{ now }' } }]],
  ['an unknown message', 4400, [{ type: 'start' }]],
  ['null', 4400, [null]],
  ['silence', 4408, []],
])('the socket is closed for %s', async (_that, code, messages) => {
  const socket = raw();
  const { closed } = heardOf(socket);
  await once(socket, 'open');
  for (const message of messages) socket.send(JSON.stringify(message));
  expect(await closed).toBe(code);
});

test.each<[string, string | Buffer, number]>([
  ['no JSON', '{', 4400],
  ['bytes', Buffer.from('{}'), 4400],
  ['more than a request may have', ' '.repeat(1024 * 1024 + 1), 1009],
])('the socket is closed for %s, too', async (_that, message, code) => {
  const socket = raw();
  const { closed } = heardOf(socket);
  await once(socket, 'open');
  socket.send(message);
  expect(await closed).toBe(code);
});

test.each<[string, number, Parameters<typeof raw>[0]]>([
  ['a page of another origin', 403, { headers: { origin: 'https://elsewhere.example' } }],
  ['a page of no origin', 403, { headers: { origin: 'null' } }],
  ['a wrong key in its header', 401, { headers: { authorization: 'Bearer wrong' } }],
  ['another protocol', 400, { protocol: 'graphql-ws' }],
  ['another address', 404, { path: '/metrics' }],
])('no socket is opened for %s', async (_that, status, options) => {
  const socket = raw(options);
  const [handshake, response] = (await once(socket, 'unexpected-response')) as [Tree, Tree];
  expect(response.statusCode).toBe(status);
  handshake.destroy();
});

test('a page of here may open one, and a key may stand in its header', async () => {
  const { say, next } = await begun({ headers: { origin: gateway.url, authorization: KEY } });
  say({ id: 'a', type: 'subscribe', payload: { query: 'subscription { secretly }' } });
  await clock.heardBy(1);
  clock.emit(8);
  expect(await next()).toMatchObject({ payload: { data: { secretly: 8 } } });
});

test('so many operations at once are taken on a socket', async () => {
  const { say, next } = await begun();
  for (let at = 0; at < 51; at++)
    say({ id: String(at), type: 'subscribe', payload: { query: 'subscription { ticked }' } });
  expect(await next()).toMatchObject({
    id: '50',
    type: 'error',
    payload: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }],
  });
  await clock.heardBy(50);
});

test('an event of 2 MB, which is no event, ends the subscription and is not passed on', async () => {
  const { say, next } = await begun();
  say({ id: 'a', type: 'subscribe', payload: { query: 'subscription { ticked }' } });
  await clock.heardBy(1);
  clock.emit('x'.repeat(2_000_000));
  // graphql-js tells that no Int is so long; the message has it all.
  const { payload } = await next();
  expect(payload.errors).toHaveLength(1);
  expect(JSON.stringify(payload).length).toBeLessThan(1_000);
});

test('a gateway that goes down answers what it was asked, and tells clients to go to another', async () => {
  const leaving = await gatewayHere({ database: gateway.database });
  const client = connected({}, leaving.url);
  const closed = new Promise<number>((resolve) =>
    client.on('closed', (event) => resolve((event as { code: number }).code)),
  );
  const ended: string[] = [];
  client.subscribe(
    { query: 'subscription { ticked }' },
    { next: () => ended.push('next'), error: () => ended.push('error'), complete: () => ended.push('complete') },
  );
  await clock.heardBy(1);
  const slow = client.iterate({ query: '{ slowly }' }).next();
  await slowlyAsked;
  const closing = leaving.close();
  await clock.heardBy(0);
  answerSlowly();
  expect((await slow).value).toMatchObject({ data: { slowly: 1 } });
  expect(await closed).toBe(1012);
  await closing;
  // Not complete: a client that tries again subscribes anew.
  expect(ended).not.toContain('complete');
});
