import type { RequestListener, Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RemoteServices } from '../../../gateway/execute/remote/remote-services.ts';
import { answering, bodyOf, context, ended, listening, moods, servicesHere, urlOf } from './services-here.ts';

const GREETING = { query: '{ greeting }', isQuery: true } as const;
const HELLO = answering(200, '{"data":{"greeting":"hello"}}');

let service: Server;
let behave: RequestListener;
let requests: number;
let services: RemoteServices;

beforeEach(async () => {
  requests = 0;
  service = await listening((request, response) => {
    requests += 1;
    behave(request, response);
  });
  services = servicesHere({ patience: { timeoutMs: 5_000, failures: 4, pausesMs: [1_000] } });
});
afterEach(async () => {
  await services.close();
  await ended(service);
});

function state(): string | undefined {
  return services.states()[0]?.state;
}

test.each<[string, RequestListener]>([
  ['never answers', () => undefined],
  [
    'sends its headers and then nothing',
    (_request, response) => {
      response.writeHead(200).flushHeaders();
    },
  ],
  [
    'sends a drop now and then',
    (_request, response) => {
      const drops = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drops));
    },
  ],
])('a service that %s is waited for only so long, and is not asked twice', async (_name, listener) => {
  behave = listener;
  await services.close();
  services = servicesHere({ patience: { timeoutMs: 300 } });
  const { data, errors } = await services.ask(moods(urlOf(service)))(GREETING, context());
  expect(data).toBeNull();
  expect(errors).toEqual([
    {
      message: 'The service of elsewhere/moods did not answer within 0.3 s.',
      path: ['greeting'],
      extensions: { code: 'SUBGRAPH_UNAVAILABLE', product: 'elsewhere/moods' },
    },
  ]);
  expect(requests).toBe(1);
});

test.each<[string, RequestListener]>([
  ['breaks the connection', (request) => request.socket.destroy()],
  ['says 502', answering(502, '<html>bad gateway</html>')],
  ['says 503', answering(503, '{"errors":[{"message":"starting"}]}')],
  ['says 504', answering(504, '')],
])('a query that a service %s for is sent once more, a mutation is not', async (_name, listener) => {
  const once: RequestListener = (request, response) => (requests % 2 === 1 ? listener : HELLO)(request, response);
  behave = once;
  const ask = services.ask(moods(urlOf(service)));
  expect(await ask(GREETING, context())).toEqual({ data: { greeting: 'hello' } });
  expect(requests).toBe(2);
  const { data, errors } = await ask({ query: 'mutation { greet }', isQuery: false }, context());
  expect(data).toBeNull();
  expect(errors).toMatchObject([{ path: ['greet'], extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }]);
  expect(requests).toBe(3);
  requests = 0;
  expect(await ask({ query: '{ greeting }' }, context())).toMatchObject({ data: null });
  expect(requests).toBe(1);
});

test.each<[string, RequestListener]>([
  [
    'has begun to answer',
    (request, response) => {
      response.write('{"data":');
      setTimeout(() => request.socket.destroy(), 20);
    },
  ],
  ['says when to come again', answering(503, '', { 'retry-after': '30' })],
  ['fails by itself', answering(500, '')],
])('a query is not sent again to a service that %s', async (_name, listener) => {
  behave = listener;
  const { errors } = await services.ask(moods(urlOf(service)))(GREETING, context());
  expect(errors).toHaveLength(1);
  expect(requests).toBe(1);
});

test('a service that is out of reach is asked no more for a while, then by one request, and again when that is answered', async () => {
  const heard: string[] = [];
  await services.close();
  services = servicesHere({
    patience: { failures: 4, pausesMs: [1_000] },
    onState: ({ service: name, state: now }) => heard.push(`${name} ${now}`),
  });
  const url = urlOf(service);
  const ask = services.ask(moods(url));
  behave = (request) => request.socket.destroy();
  await ask(GREETING, context());
  expect(state()).toBe('closed');
  await ask(GREETING, context());
  expect(state()).toBe('open');
  expect(requests).toBe(4);

  behave = HELLO;
  const { errors } = await ask(GREETING, context());
  expect(errors).toEqual([
    expect.objectContaining({
      message: expect.stringMatching(/^The service of elsewhere\/moods was not asked: it has not answered/),
      extensions: { code: 'SUBGRAPH_UNAVAILABLE', product: 'elsewhere/moods' },
    }),
  ]);
  expect(requests).toBe(4);
  // The next supergraph's function knows it too.
  expect(await services.ask(moods(url))(GREETING, context())).toMatchObject({ data: null });
  expect(requests).toBe(4);

  await pause(1_100);
  let answer: (() => void) | undefined;
  behave = (request, response) => {
    answer = () => HELLO(request, response);
  };
  const trying = ask(GREETING, context());
  await until(() => answer !== undefined);
  expect(state()).toBe('half open');
  const other = { query: '{ other: greeting }', isQuery: true };
  expect(await ask(other, context())).toMatchObject({ data: null });
  expect(requests).toBe(5);
  answer!();
  expect(await trying).toEqual({ data: { greeting: 'hello' } });
  expect(state()).toBe('closed');
  expect(heard).toEqual(['open', 'half open', 'closed'].map((one) => `elsewhere/moods ${one}`));
  expect(services.states()).toMatchObject([{ tally: { answered: 1, failed: 2, refused: 3, retried: 2, shared: 0 } }]);
});

test('what a service says of itself, or rubbish, opens no circuit breaker', async () => {
  const ask = services.ask(moods(urlOf(service)));
  for (const listener of [answering(500, 'rubbish'), answering(200, '{"errors":[{"message":"no"}]}')]) {
    behave = listener;
    for (let times = 0; times < 6; times += 1) await ask(GREETING, context());
  }
  expect(requests).toBe(12);
  expect(state()).toBe('closed');
});

test('a service that moved, or went and came, begins anew', async () => {
  const ask = services.ask(moods('http://127.0.0.1:1'));
  for (let times = 0; times < 2; times += 1) expect((await ask(GREETING, context())).data).toBeNull();
  expect(state()).toBe('open');
  behave = HELLO;
  expect(await services.ask(moods(urlOf(service)))(GREETING, context())).toEqual({ data: { greeting: 'hello' } });
  services.retain([{ name: 'elsewhere/others' }]);
  expect(services.states()).toEqual([]);
});

test('equal queries under way are sent once, and each asker has an answer of its own', async () => {
  behave = (request, response) => void setTimeout(() => HELLO(request, response), 50);
  const ask = services.ask(moods(urlOf(service)));
  const answers = await Promise.all(Array.from({ length: 9 }, () => ask(GREETING, context())));
  expect(requests).toBe(1);
  expect(new Set(answers.map(({ data }) => data)).size).toBe(9);
  for (const answer of answers) expect(answer).toEqual({ data: { greeting: 'hello' } });
  expect(services.states()[0]!.tally).toMatchObject({ answered: 1, shared: 8 });
  await ask(GREETING, context());
  expect(requests).toBe(2);
});

test('what differs in text, variables, name or principal, and what may be no query, is sent by itself', async () => {
  behave = (request, response) => void setTimeout(() => HELLO(request, response), 50);
  const ask = services.ask(moods(urlOf(service)));
  await Promise.all([
    ask(GREETING, context()),
    ask({ ...GREETING, query: '{ greeting  }' }, context()),
    ask({ ...GREETING, variables: { first: 1 } }, context()),
    ask({ ...GREETING, variables: { first: 2 } }, context()),
    ask({ ...GREETING, operationName: 'A' }, context()),
    ask(GREETING, context(undefined, 'another')),
    ask({ query: '{ greeting }' }, context()),
    ask({ query: '{ greeting }' }, context()),
  ]);
  expect(requests).toBe(8);
});

test('a query after a mutation does not get the answer to one before it', async () => {
  const waiting: (() => void)[] = [];
  behave = (request, response) =>
    void bodyOf(request).then(({ query }) => {
      if (query.startsWith('mutation')) answering(200, '{"data":{"greet":1}}')(request, response);
      else if (waiting.length === 0)
        waiting.push(() => answering(200, '{"data":{"greeting":"old"}}')(request, response));
      else answering(200, '{"data":{"greeting":"new"}}')(request, response);
    });
  const ask = services.ask(moods(urlOf(service)));
  const before = ask(GREETING, context());
  await until(() => waiting.length === 1);
  await ask({ query: 'mutation { greet }' }, context());
  expect(await ask(GREETING, context())).toEqual({ data: { greeting: 'new' } });
  waiting[0]!();
  expect(await before).toEqual({ data: { greeting: 'old' } });
});

test("one client's going away does not end what others wait for; when all have gone, the request is ended", async () => {
  let closed = 0;
  const answers: (() => void)[] = [];
  behave = (request, response) => {
    request.socket.once('close', () => (closed += 1));
    answers.push(() => HELLO(request, response));
  };
  const ask = services.ask(moods(urlOf(service)));
  const [first, second, third, fourth] = [0, 1, 2, 3].map(() => new AbortController());
  const one = ask(GREETING, context(first!.signal));
  const two = ask(GREETING, context(second!.signal));
  await until(() => answers.length === 1);
  first!.abort();
  expect(await one).toMatchObject({ data: null });
  answers[0]!();
  expect(await two).toEqual({ data: { greeting: 'hello' } });
  expect(closed).toBe(0);

  const both = [ask(GREETING, context(third!.signal)), ask(GREETING, context(fourth!.signal))];
  await until(() => answers.length === 2);
  third!.abort();
  fourth!.abort();
  await Promise.all(both);
  await until(() => closed === 1);
  expect(state()).toBe('closed');

  // Nobody joins what was given up.
  const later = ask(GREETING, context());
  await until(() => answers.length === 3);
  answers[2]!();
  expect(await later).toEqual({ data: { greeting: 'hello' } });

  const gone = AbortSignal.abort();
  expect(await ask(GREETING, context(gone))).toMatchObject({ data: null });
  expect(requests).toBe(3);
});

test('of equal entities one is asked for, and its answer and its error stand at each', async () => {
  const asked: unknown[] = [];
  behave = (request, response) =>
    void bodyOf(request).then(({ variables }) => {
      asked.push(variables);
      const { representations } = variables as { representations: { id: string }[] };
      answering(
        200,
        JSON.stringify({
          data: { _entities: representations.map(({ id }) => (id === 'b' ? null : { mood: `${id} is calm` })) },
          errors: [
            { message: 'b has no mood', path: ['_entities', 1, 'mood'] },
            { message: 'tired', path: [] },
          ],
        }),
      )(request, response);
    });
  const representations = ['a', 'b', 'a', 'c', 'b'].map((id) => ({ __typename: 'Airport', id }));
  const { data, errors } = await services.ask(moods(urlOf(service)))(
    {
      query:
        'query ($representations: [_Any!]!, $short: Boolean) { _entities(representations: $representations) { x } }',
      variables: { representations, short: true },
      isQuery: true,
    },
    context(),
  );
  expect(asked).toEqual([
    { representations: ['a', 'b', 'c'].map((id) => ({ __typename: 'Airport', id })), short: true },
  ]);
  const [a, c] = [{ mood: 'a is calm' }, { mood: 'c is calm' }];
  expect(data).toEqual({ _entities: [a, null, a, c, null] });
  expect(errors).toEqual([
    { message: 'b has no mood', path: ['_entities', 1, 'mood'] },
    { message: 'b has no mood', path: ['_entities', 4, 'mood'] },
    { message: 'tired', path: [] },
  ]);
});

test('no more connections are opened than a service is to bear, and what waits is answered', async () => {
  const sockets = new Set<unknown>();
  service.on('connection', (socket) => sockets.add(socket));
  behave = (request, response) => void setTimeout(() => HELLO(request, response), 5);
  const ask = services.ask(moods(urlOf(service)));
  const asks = Array.from({ length: 300 }, (_, at) => ask({ query: `{ a${at}: greeting }`, isQuery: true }, context()));
  expect((await Promise.all(asks)).filter(({ errors }) => errors !== undefined)).toEqual([]);
  expect(sockets.size).toBeLessThanOrEqual(64);
});

test('a place that is not allowed is not asked', async () => {
  await services.close();
  services = servicesHere({ hosts: { loopbackOnly: false, allowedHosts: [] } });
  const { errors } = await services.ask(moods(urlOf(service)))(GREETING, context());
  expect(errors).toMatchObject([{ message: expect.stringMatching(/was not asked: 127.0.0.1:\d+ is not allowed/) }]);
  expect(requests).toBe(0);
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(there: () => boolean): Promise<void> {
  for (let times = 0; times < 500 && !there(); times += 1) await pause(5);
  expect(there()).toBe(true);
}
