import { createServer as createTcpServer } from 'node:net';
import type { RequestListener, Server } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { WebSocketServer } from 'ws';
import type { EventsAddress } from '../../../gateway/execute/remote/events-address.ts';
import type { RemoteServices, RemoteServicesDeps } from '../../../gateway/execute/remote/remote-services.ts';
import { Ending } from '../../../gateway/execute/ending.ts';
import type { Tree } from '../gateway-here.ts';
import { answering, ended, listening, moods, servicesHere, urlOf } from './services-here.ts';

const REQUEST = { query: 'subscription { mood }', variables: { a: 1 } } as const;
const NEXT = 'event: next\ndata: {"data":{"mood":"calm"}}\n\n';
const COMPLETE = 'event: complete\ndata:\n\n';
const servers: Server[] = [];
const opened: RemoteServices[] = [];

afterEach(async () => {
  await ended(...servers.splice(0));
  for (const services of opened.splice(0)) await services.close();
});

async function serving(listener: RequestListener): Promise<Server> {
  const server = await listening(listener);
  servers.push(server);
  return server;
}

/** All that a service tells, the error with which it ends included. */
async function told(
  url: string,
  { protocol = 'event-stream', ...deps }: Partial<RemoteServicesDeps> & Partial<EventsAddress> = {},
  ending = new Ending(),
): Promise<Tree[]> {
  const services = servicesHere(deps);
  opened.push(services);
  const source = services.events(moods(url), {
    protocol,
    url: protocol === 'websocket' ? url.replace('http', 'ws') : url,
  });
  const all: Tree[] = [];
  try {
    for await (const event of await source.open(REQUEST, ending)) all.push(event);
  } catch (error) {
    all.push((error as Error).message);
  }
  return all;
}

function streaming(...pieces: readonly string[]): RequestListener {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    for (const piece of pieces) response.write(piece);
    response.end();
  };
}

const CALM = { data: { mood: 'calm' } };

test.each<[string, RequestListener, Tree[]]>([
  ['events until they are complete', streaming(':\n\n', NEXT, NEXT, COMPLETE, NEXT), [CALM, CALM]],
  [
    'events without a name, and others that say nothing',
    streaming('event: ping\ndata: 1\n\n', 'data: {"data":{"mood":"calm"}}\n\n', COMPLETE),
    [CALM],
  ],
  [
    'errors, of which it shows message, path and code',
    streaming(
      'event: next\ndata: {"data":null,"errors":[{"message":"no","extensions":{"code":"X","stack":"s"}}]}\n\n',
      COMPLETE,
    ),
    [{ data: null, errors: [{ message: 'no', extensions: { code: 'X' } }] }],
  ],
  [
    'one answer in place of events',
    answering(400, '{"errors":[{"message":"no such mood"}]}'),
    [{ data: null, errors: [{ message: 'no such mood' }] }],
  ],
  [
    'an end before they are complete',
    streaming(NEXT),
    [CALM, 'The service of elsewhere/moods ended its events before they were complete.'],
  ],
  [
    'what is no JSON',
    streaming('event: next\ndata: calm\n\n'),
    ['The service of elsewhere/moods did not answer with JSON.'],
  ],
  [
    'what is no answer',
    streaming('event: next\ndata: {}\n\n'),
    ['The service of elsewhere/moods did not answer as GraphQL does.'],
  ],
  [
    'an event that is too large',
    streaming(NEXT, `event: next\ndata: "${'x'.repeat(2_000_000)}"\n\n`),
    [CALM, 'The service of elsewhere/moods sent an event of more than 1048576 bytes.'],
  ],
  [
    'a page',
    answering(200, '<html>', { 'content-type': 'text/html' }),
    ['The service of elsewhere/moods did not answer with JSON.'],
  ],
  ['a failure', answering(503, ''), ['The service of elsewhere/moods answered with HTTP status 503.']],
])('of server-sent events: %s', async (_that, listener, events) => {
  const server = await serving(listener);
  expect(await told(urlOf(server))).toEqual(events);
});

test('a redirect is not followed', async () => {
  let asked = 0;
  const other = await serving((_request, response) => {
    asked += 1;
    response.end();
  });
  const server = await serving(answering(307, '', { location: urlOf(other) }));
  expect(await told(urlOf(server))).toEqual(['The service of elsewhere/moods answered with HTTP status 307.']);
  expect(asked).toBe(0);
});

test('a service is asked with the request and nothing of whoever asks', async () => {
  let seen: Tree = null;
  const server = await serving((request, response) => {
    seen = request.headers;
    streaming(COMPLETE)(request, response);
  });
  await told(urlOf(server));
  expect(Object.keys(seen).sort()).toEqual(['accept', 'connection', 'content-length', 'content-type', 'host']);
  expect(seen.accept).toContain('text/event-stream');
});

test.each<[string, 'event-stream' | 'websocket']>([
  ['an answer', 'event-stream'],
  ['a handshake', 'websocket'],
])('one that does not begin %s in its time is given up', async (_that, protocol) => {
  const silent = createTcpServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const events = await told(urlOf(silent), { protocol, patience: { timeoutMs: 300 } });
  silent.close();
  expect(events).toEqual(['The service of elsewhere/moods did not answer within 0.3 s.']);
});

test('one that did not answer several times is not asked for a while', async () => {
  const services = servicesHere({ patience: { failures: 2 } });
  opened.push(services);
  const url = 'http://127.0.0.1:1/graphql';
  const source = services.events(moods(url), { protocol: 'event-stream', url });
  const tried = async (): Promise<string> =>
    source.open(REQUEST, new Ending()).then(
      () => '',
      (error: unknown) => (error as Error).message,
    );
  expect([await tried(), await tried(), await tried()]).toEqual([
    'The service of elsewhere/moods cannot be reached.',
    'The service of elsewhere/moods cannot be reached.',
    expect.stringContaining('was not asked: it has not answered for a while'),
  ]);
  expect(services.states()).toMatchObject([{ state: 'open' }]);
});

test.each<[string, 'event-stream' | 'websocket', string]>([
  ['over HTTP', 'event-stream', 'http://metadata.example/graphql'],
  ['over a WebSocket', 'websocket', 'http://metadata.example/graphql'],
])('a host that is not allowed is not asked, %s', async (_how, protocol, url) => {
  expect(await told(url, { protocol })).toEqual([
    expect.stringMatching(/was not asked: metadata\.example is not allowed/),
  ]);
});

test.each<'event-stream' | 'websocket'>(['event-stream', 'websocket'])(
  'a name that leads to where no service may be is not asked, by %s',
  async (protocol) => {
    const events = await told('http://inside.example/graphql', {
      protocol,
      hosts: { loopbackOnly: false, allowedHosts: ['inside.example'] },
      lookup: (_name, { all }, callback) => {
        const address = '169.254.169.254';
        if (all === true) callback(null, [{ address, family: 4 }]);
        else callback(null, address, 4);
      },
    });
    expect(events).toEqual([expect.stringContaining('was not asked: inside.example leads to an address')]);
  },
);

async function socketServer(take: (socket: Tree, message: Tree) => void): Promise<string> {
  const server = await serving((_request, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({ server, handleProtocols: () => 'graphql-transport-ws' });
  sockets.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => take(socket, JSON.parse(data.toString('utf8'))));
  });
  return urlOf(server);
}

const say = (socket: Tree, message: object): void => socket.send(JSON.stringify(message));

/** Acknowledges, and says these once it is asked. */
function saying(...messages: readonly object[]): (socket: Tree, message: Tree) => void {
  return (socket, { type }) => {
    if (type === 'connection_init') say(socket, { type: 'connection_ack' });
    if (type === 'subscribe') for (const message of messages) say(socket, message);
  };
}

const SOCKET_NEXT = { id: '1', type: 'next', payload: CALM };

test.each<[string, (socket: Tree, message: Tree) => void, Tree[]]>([
  [
    'events until they are complete',
    saying(SOCKET_NEXT, { type: 'ping' }, SOCKET_NEXT, { id: '1', type: 'complete' }),
    [CALM, CALM],
  ],
  ['nothing of another’s', saying({ ...SOCKET_NEXT, id: '2' }, SOCKET_NEXT, { id: '1', type: 'complete' }), [CALM]],
  [
    'an error in place of events',
    saying({ id: '1', type: 'error', payload: [{ message: 'no such mood' }] }),
    [{ data: null, errors: [{ message: 'no such mood' }] }],
  ],
  [
    'what is no answer',
    saying({ id: '1', type: 'next', payload: 7 }),
    ['The service of elsewhere/moods did not answer as GraphQL does.'],
  ],
  [
    'an event that is too large',
    saying(SOCKET_NEXT, { ...SOCKET_NEXT, payload: { data: { mood: 'x'.repeat(2_000_000) } } }),
    [CALM, 'The service of elsewhere/moods sent an event of more than 1048576 bytes.'],
  ],
  [
    'a close before they are complete',
    (socket, message) => {
      saying(SOCKET_NEXT)(socket, message);
      if (message.type === 'subscribe') socket.close(1011);
    },
    [CALM, 'The service of elsewhere/moods closed its WebSocket with code 1011.'],
  ],
])('of a WebSocket: %s', async (_that, take, events) => {
  expect(await told(await socketServer(take), { protocol: 'websocket' })).toEqual(events);
});

test('a service that takes no WebSocket says so', async () => {
  const server = await serving(answering(404, ''));
  expect(await told(urlOf(server), { protocol: 'websocket' })).toEqual([
    'The service of elsewhere/moods answered with HTTP status 404.',
  ]);
});
