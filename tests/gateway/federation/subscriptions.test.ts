import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type GatewayHere, gatewayHere, type Tree } from '../gateway-here.ts';
import { type EventService, eventService } from '../live/event-service.ts';
import { streamClient, type StreamAsk, type StreamClient } from '../live/stream-client.ts';
import { folderOf, remoteFolder } from '../product-text.ts';
import { federation, type SubgraphService, subgraphService } from './subgraph-service.ts';

const RADAR = `${federation('@key', '@authenticated', '@shareable')}
  type Query { radars: Int }
  type Subscription {
    sighted(above: Int = 0): Sighting
    sightings: [Sighting!]!
    counted: Int!
    secretly: Int @authenticated
  }
  interface Seen { place: Airport }
  type Sighting implements Seen { height: Int! place: Airport secret: String @authenticated }
  type Airport @key(fields: "id") { id: ID! }`;
const MOODS = `${federation('@key', '@external', '@requires')}
  type Query { mood: String }
  type Airport @key(fields: "id") {
    id: ID! town: String @external
    mood(loud: Boolean = false): String @requires(fields: "town")
    sad: String!
  }`;

let gateway: GatewayHere;
let radar: EventService;
let moods: SubgraphService;
const clients: StreamClient[] = [];

beforeAll(async () => {
  radar = await eventService({
    sdl: RADAR,
    resolvers: { Airport: { __resolveReference: (airport: object) => airport } },
  });
  moods = await subgraphService({
    sdl: MOODS,
    resolvers: {
      Airport: {
        __resolveReference: (airport: object) => airport,
        mood: ({ town }: { town: string }, { loud }: { loud: boolean }) => `${town}${loud ? '!' : ''}`,
        sad: () => {
          throw new Error('no sad airports');
        },
      },
    },
  });
  gateway = await gatewayHere();
  const airports = folderOf({
    domain: 'network',
    name: 'airports',
    properties: ['{ name: town, logicalType: string }'],
  });
  const outcome = await gateway.publish([
    airports,
    remoteFolder('radar', radar.url, RADAR),
    remoteFolder('moods', moods.url, MOODS),
  ]);
  expect(outcome).toMatchObject({ __typename: 'Published', findings: [] });
  await load(`values ('OSL', 'Oslo'), ('BGO', 'Bergen')`);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await radar.heardBy(0);
});
afterAll(async () => {
  await gateway.close();
  await radar.close();
  await moods.close();
});

async function load(values: string): Promise<void> {
  const run = await gateway.load('network/airports', 'airports', 'id text primary key, town text', values);
  // Whoever reads this reads what it has brought.
  expect((await gateway.ask(`{ run(id: "${run}") { phase } }`)).data.run.phase).toBe('SUCCEEDED');
}

async function subscribed(query: string, ask: StreamAsk = {}): Promise<StreamClient> {
  const before = radar.listeners();
  const client = await streamClient(gateway.url, query, ask);
  clients.push(client);
  if (client.answer === null) await radar.heardBy(before + 1);
  return client;
}

const OSLO = { height: 10, place: { id: 'OSL' } };

test.each<[string, string, Tree, Tree]>([
  ['as it is', 'subscription { sighted { height } }', OSLO, { sighted: { height: 10 } }],
  ['a leaf', 'subscription { counted }', 7, { counted: 7 }],
  [
    'with columns of a managed product',
    'subscription { sighted { place { id town } height } }',
    OSLO,
    { sighted: { place: { id: 'OSL', town: 'Oslo' }, height: 10 } },
  ],
  [
    'with what another service makes of these columns',
    'subscription Seen($loud: Boolean!) { sighted { place { mood(loud: $loud) } } }',
    OSLO,
    { sighted: { place: { mood: 'Oslo!' } } },
  ],
  [
    'under any names, through fragments',
    'subscription { ...S } fragment S on Subscription { toString: sighted { id: place { id: town town: id ...M } __typename } } fragment M on Airport { mood }',
    OSLO,
    { toString: { id: { id: 'Oslo', town: 'OSL', mood: 'Oslo' }, __typename: 'Sighting' } },
  ],
  [
    'each of a list',
    'subscription { sightings { place { town } } }',
    [OSLO, { height: 2, place: { id: 'BGO' } }, { height: 3, place: { id: 'gone' } }, { height: 3, place: null }],
    {
      sightings: [
        { place: { town: 'Oslo' } },
        { place: { town: 'Bergen' } },
        { place: { town: null } },
        { place: null },
      ],
    },
  ],
  ['nothing', 'subscription { sighted { place { town } } }', null, { sighted: null }],
])('an event is answered: %s', async (_that, query, event, data) => {
  const client = await subscribed(query, { variables: query.includes('$loud') ? { loud: true } : {} });
  radar.emit(event);
  expect(await client.next()).toMatchObject({ data });
});

test('each answer says what it was made of, in the version of its moment', async () => {
  const client = await subscribed('subscription { sighted { place { town } } }');
  const versionsOf = async (): Promise<Tree> => {
    radar.emit(OSLO);
    const { data, extensions } = await client.next();
    return [
      data.sighted.place.town,
      extensions.dataProducts.map(({ id, datasetVersion }: Tree) => [id, datasetVersion]),
    ];
  };
  expect(await versionsOf()).toEqual([
    'Oslo',
    [
      ['elsewhere/radar', null],
      ['network/airports', 1],
    ],
  ]);
  await load(`values ('OSL', 'Kristiania')`);
  expect(await versionsOf()).toEqual([
    'Kristiania',
    [
      ['elsewhere/radar', null],
      ['network/airports', 2],
    ],
  ]);
  await load(`values ('OSL', 'Oslo'), ('BGO', 'Bergen')`);
});

test.each<[string, string, Tree, Tree, Tree[]]>([
  [
    'a null where none may be is brought up, and said',
    'subscription { sighted { height place { town } } }',
    { place: { id: 'OSL' } },
    { sighted: null },
    [{ path: ['sighted', 'height'], extensions: { serviceName: 'elsewhere/radar' } }],
  ],
  [
    'up to the whole',
    'subscription { counted }',
    null,
    null,
    [{ path: ['counted'], extensions: { serviceName: 'elsewhere/radar' } }],
  ],
  [
    'an error of what is added stands where it belongs',
    'subscription { sighted { height place { id sad } } }',
    OSLO,
    { sighted: { height: 10, place: null } },
    [{ path: ['sighted', 'place', 'sad'], message: 'no sad airports' }],
  ],
])('%s', async (_that, query, event, data, errors) => {
  const client = await subscribed(query);
  radar.emit(event);
  const answer = await client.next();
  expect(answer.data).toEqual(data);
  expect(answer.errors).toMatchObject(errors);
  // It goes on.
  radar.emit(query.includes('counted') ? 1 : OSLO);
  expect(await client.next()).toHaveProperty('data');
});

test('events keep their order, however long one takes', async () => {
  const client = await subscribed('subscription { sighted { height place { town } } }');
  for (let height = 0; height < 100; height++) radar.emit({ height, place: height % 7 === 0 ? { id: 'OSL' } : null });
  const heights: number[] = [];
  for (let at = 0; at < 100; at++) heights.push((await client.next()).data.sighted.height);
  expect(heights).toEqual(Array.from({ length: 100 }, (_, height) => height));
});

test('two hundred subscribers hear of every event', async () => {
  const query = 'subscription { sighted { height place { town mood } } }';
  const all = await Promise.all(Array.from({ length: 200 }, () => streamClient(gateway.url, query)));
  clients.push(...all);
  await radar.heardBy(200);
  expect(await metric('weft_subscriptions')).toBe(200);
  for (const height of [1, 2, 3]) radar.emit({ ...OSLO, height });
  const heard = await Promise.all(
    all.map(async (client) => [await client.next(), await client.next(), await client.next()]),
  );
  for (const answers of heard)
    expect(answers.map(({ data, errors }) => ({ data, errors }))).toEqual(
      [1, 2, 3].map((height) => ({
        data: { sighted: { height, place: { town: 'Oslo', mood: 'Oslo' } } },
        errors: undefined,
      })),
    );
});

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]);
}

test('who may not see a field is told so with every event, and its service is not asked for it', async () => {
  radar.subscriptions.length = 0;
  const client = await subscribed('subscription { sighted { height secret } }');
  radar.emit({ ...OSLO, secret: 'x' });
  const { data, errors } = await client.next();
  expect(data).toEqual({ sighted: { height: 10, secret: null } });
  expect(errors).toMatchObject([{ path: ['sighted', 'secret'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }]);
  expect(radar.subscriptions[0]!.query).not.toContain('secret');
  const admin = await subscribed('subscription { sighted { secret } }', { headers: ADMIN });
  radar.emit({ ...OSLO, secret: 'x' });
  expect(await admin.next()).toMatchObject({ data: { sighted: { secret: 'x' } } });
  // The key stays here.
  expect(Object.keys(radar.subscriptions[1]!.headers)).not.toContain('authorization');
});

const ADMIN = { authorization: 'Bearer weft_admin_of_this_test' };

test('who may not subscribe at all is refused before anything is asked', async () => {
  radar.subscriptions.length = 0;
  const { status, answer } = await subscribed('subscription { secretly }');
  expect([status, answer]).toMatchObject([403, { errors: [{ extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }] }]);
  expect(radar.subscriptions).toEqual([]);
  const admin = await subscribed('subscription { secretly }', { headers: ADMIN });
  radar.emit(4);
  expect(await admin.next()).toMatchObject({ data: { secretly: 4 } });
});

test('variables reach the service as their client sent them', async () => {
  radar.subscriptions.length = 0;
  await subscribed('subscription ($above: Int) { sighted(above: $above) { height } }', { variables: { above: 3 } });
  expect(radar.subscriptions).toMatchObject([{ variables: { above: 3 } }]);
});
