import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gatewayHere, type GatewayHere, type Tree } from '../gateway-here.ts';
import { folderOf, remoteFolder } from '../product-text.ts';
import { federation, type SubgraphService, subgraphService } from './subgraph-service.ts';

let gateway: GatewayHere;
let moods: SubgraphService;

interface Airport {
  id: string;
  town: string;
  height: number | null;
}

const MOODS = `${federation('@key', '@external', '@requires')}
  type Query { calmest: Airport }
  type Airport @key(fields: "id") {
    id: ID! town: String @external height: Int @external
    mood(loud: Boolean = false): String @requires(fields: "town height")
    sisters: [Airport!]!
  }`;

beforeAll(async () => {
  moods = await subgraphService({
    sdl: MOODS,
    resolvers: {
      Query: { calmest: () => ({ id: 'OSL' }) },
      Airport: {
        __resolveReference: (airport: object) => airport,
        mood: ({ town, height }: Airport, { loud }: { loud: boolean }) => `${town} at ${height}${loud ? '!' : ''}`,
        sisters: ({ id }: Airport) => (id === 'OSL' ? [{ id: 'BGO' }, { id: 'gone' }] : []),
      },
    },
  });
  gateway = await gatewayHere();
  const airports = folderOf({
    domain: 'network',
    name: 'airports',
    properties: ['{ name: town, logicalType: string }', '{ name: height, logicalType: integer }'],
  });
  const flights = folderOf({
    domain: 'traffic',
    name: 'flights',
    properties: ['{ name: originId, logicalType: string, relationships: [{ to: airports.id }] }'],
  });
  const outcome = await gateway.publish([airports, flights, remoteFolder('moods', moods.url, MOODS)]);
  expect(outcome).toMatchObject({ __typename: 'Published', findings: [] });
  await gateway.load(
    'network/airports',
    'airports',
    'id text primary key, town text, height bigint',
    `values ('OSL', 'Oslo', 208), ('BGO', 'Bergen', null)`,
  );
  await gateway.load(
    'traffic/flights',
    'flights',
    'id text primary key, origin_id text',
    `values ('1', 'OSL'), ('2', 'BGO'), ('3', 'gone'), ('4', null)`,
  );
  await gateway.ask('{ domains { id } }');
});
afterAll(async () => {
  await gateway.close();
  await moods.close();
});

test.each<[string, string, Tree]>([
  [
    'a service requires columns of a managed product',
    '{ airports(orderBy: [{ id: DESC }]) { nodes { id mood } } }',
    {
      airports: {
        nodes: [
          { id: 'OSL', mood: 'Oslo at 208' },
          { id: 'BGO', mood: 'Bergen at null' },
        ],
      },
    },
  ],
  [
    'under any names',
    '{ airports(orderBy: [{ id: DESC }]) { nodes { town: id id: town height: mood(loud: true) mood } } }',
    {
      airports: {
        nodes: [
          { town: 'OSL', id: 'Oslo', height: 'Oslo at 208!', mood: 'Oslo at 208' },
          { town: 'BGO', id: 'Bergen', height: 'Bergen at null!', mood: 'Bergen at null' },
        ],
      },
    },
  ],
  [
    'and columns are added to what a service refers to',
    '{ calmest { town flightsByOrigin { nodes { id origin { mood } } } sisters { id town } } }',
    {
      calmest: {
        town: 'Oslo',
        flightsByOrigin: { nodes: [{ id: '1', origin: { mood: 'Oslo at 208' } }] },
        sisters: [
          { id: 'BGO', town: 'Bergen' },
          { id: 'gone', town: null },
        ],
      },
    },
  ],
  [
    'across domains, where a reference may lead nowhere',
    '{ flights(orderBy: [{ id: ASC }]) { nodes { id origin { __typename id mood } } totalCount } }',
    {
      flights: {
        nodes: [
          { id: '1', origin: { __typename: 'Airport', id: 'OSL', mood: 'Oslo at 208' } },
          { id: '2', origin: { __typename: 'Airport', id: 'BGO', mood: 'Bergen at null' } },
          { id: '3', origin: { __typename: 'Airport', id: 'gone', mood: 'null at null' } },
          { id: '4', origin: null },
        ],
        totalCount: '4',
      },
    },
  ],
  [
    'below aggregates, edges and single rows alike, beside the catalog',
    '{ me { name } airport(id: "OSL") { mood } airports(first: 1, orderBy: [{ id: DESC }]) { edges { node { mood sisters { mood } } } } flightAggregate { count } }',
    {
      me: { name: 'anonymous' },
      airport: { mood: 'Oslo at 208' },
      airports: {
        edges: [{ node: { mood: 'Oslo at 208', sisters: [{ mood: 'Bergen at null' }, { mood: null }] } }],
      },
      flightAggregate: [{ count: '4' }],
    },
  ],
])('%s', async (_that, query, data) => {
  const answer = await gateway.ask(query);
  expect(answer.errors).toBeUndefined();
  expect(answer.data).toEqual(data);
});

test('where a non-null field of a row that is not there is asked for, its parent is null, and one error says so', async () => {
  const { data, errors } = await gateway.ask('{ calmest { town sisters { id flightsByOrigin { totalCount } } } }');
  expect(data).toEqual({ calmest: null });
  expect(errors).toEqual([
    expect.objectContaining({
      path: ['calmest', 'sisters', 1, 'flightsByOrigin'],
      message: expect.stringMatching(/null/),
    }),
  ]);
});

test.each<[string, string]>([
  ['takes a field over', 'town: String @override(from: "network")'],
  ['has a field too', 'town: String @shareable'],
  ['hides a field', 'town: String @external @inaccessible'],
])('a service that %s of a managed type is refused, and nothing of it is served', async (_that, field) => {
  const sdl = `${federation('@key', '@override', '@shareable', '@external', '@inaccessible')}
    type Airport @key(fields: "id") { id: ID! ${field} noise: Int }`;
  expect(await gateway.publish([remoteFolder('noise', moods.url, sdl)])).toMatchObject({ __typename: 'Rejected' });
  expect((await gateway.ask('{ airports { nodes { town } } }')).errors).toBeUndefined();
});
