import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openTestMesh, type Row, type TestMesh, type Tree } from './mesh.ts';

const flight = (id: number, originIata: string, rest: Row = {}): Row => ({
  id,
  date: '2001-01-01T00:00:00Z',
  distance: id * 10,
  originIata,
  ...rest,
});

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await openTestMesh();
  await mesh.load('network/airports', 'airports', [
    { iata: 'SEA', name: 'Seattle' },
    { iata: 'JFK', name: 'Kennedy' },
  ]);
  await mesh.load('operations/flights', 'flights', [
    flight(1, 'SEA', { destinationIata: 'JFK', gateAirport: 'SEA', gateNumber: 1 }),
    flight(2, 'SEA'),
    flight(3, 'JFK', { destinationIata: 'SEA', phase: 'Approach' }),
    flight(4, 'SEA', { destinationIata: 'JFK' }),
  ]);
  await mesh.load('operations/flights', 'gates', [
    { airport: 'SEA', number: 1, terminal: 'N' },
    { airport: "O'H", number: -1, terminal: 'S' },
  ]);
});
beforeEach(() => void mesh.statements());
afterAll(() => mesh.close());

const ENTITIES = (selection: string): string =>
  `query ($r: [_Any!]!${selection.includes('$n') ? ', $n: Int' : ''}) { _entities(representations: $r) { ${selection} } }`;

async function entities(
  domain: string,
  representations: object[],
  selection: string,
  variables: object = {},
): Promise<Tree[]> {
  return (await mesh.ask(domain, ENTITIES(selection), { r: representations, ...variables }))._entities;
}

describe('entities of the domain', () => {
  test('keep order and duplicates; unknown, null and impossible keys are null; in one statement', async () => {
    const answer = await entities(
      'network',
      ['JFK', 'XXX', 'SEA', 'JFK', null, ' SEA', 'sea', 7, true, undefined].map((iata) => ({
        __typename: 'Airport',
        iata,
      })),
      '... on Airport { iata name }',
    );
    const [jfk, sea] = [
      { iata: 'JFK', name: 'Kennedy' },
      { iata: 'SEA', name: 'Seattle' },
    ];
    expect(answer).toEqual([jfk, null, sea, jfk, null, null, null, null, null, null]);
    expect(mesh.statements().length).toBe(1);
  });

  test('of numbers are found by string and number, and no other text errs', async () => {
    const ids = ['3', 3, 'x', '99999999999999999999', "1' or '1'='1", '1.0', {}, []];
    const answer = await entities(
      'operations',
      ids.map((id) => ({ __typename: 'Flight', id })),
      '... on Flight { id }',
    );
    expect(answer).toEqual([{ id: '3' }, { id: '3' }, null, null, null, null, null, null]);
  });

  test('are found by composite keys', async () => {
    const answer = await entities(
      'operations',
      [
        { airport: "O'H", number: -1 },
        { airport: 'SEA', number: 2 },
        { number: 1, airport: 'SEA' },
        { airport: 'SEA' },
      ].map((key) => ({ __typename: 'Gate', ...key })),
      '... on Gate { number terminal flights { nodes { id } } }',
    );
    expect(answer).toEqual([
      { number: -1, terminal: 'S', flights: { nodes: [] } },
      null,
      { number: 1, terminal: 'N', flights: { nodes: [{ id: '1' }] } },
      null,
    ]);
  });

  test('are found by a further key where the key is not given, and are none where there is no data', async () => {
    const keys = [{ number: 7 }, { id: 1 }, { number: '7', id: null }, { number: 'x' }].map((key) => ({
      __typename: 'Notice',
      ...key,
    }));
    expect(await entities('operations', keys, '... on Notice { text }')).toEqual([null, null, null, null]);
    expect(mesh.statements().length).toBe(1);
  });

  test('of several types are one statement', async () => {
    const query = `${ENTITIES('__typename ... on Flight { id phase ...O } ... on Gate { terminal } ... on Airport { iata }')} fragment O on Flight { origin { iata } }`;
    const { _entities } = await mesh.ask('operations', query, {
      r: [
        { __typename: 'Gate', airport: 'SEA', number: 1 },
        { __typename: 'Flight', id: '3' },
        { __typename: 'Airport', iata: 'ZZZ' },
        { __typename: 'Flight', id: 1 },
      ],
    });
    expect(_entities).toEqual([
      { __typename: 'Gate', terminal: 'N' },
      { __typename: 'Flight', id: '3', phase: 'APPROACH', origin: { iata: 'JFK' } },
      { __typename: 'Airport', iata: 'ZZZ' },
      { __typename: 'Flight', id: '1', phase: null, origin: { iata: 'SEA' } },
    ]);
    expect(mesh.statements().length).toBe(1);
  });

  test('of no type of the subgraph are an error', async () => {
    for (const r of [
      { __typename: 'Nothing' },
      { id: 1 },
      'text',
      { __typename: 'Query' },
      { __typename: '__proto__' },
    ])
      expect(await mesh.errors('operations', ENTITIES('__typename'), { r: [r] })).toMatchObject([
        { path: ['_entities'] },
      ]);
  });

  test('may be none at all', async () => {
    expect(await entities('network', [], '... on Airport { name }')).toEqual([]);
    expect(await entities('network', [{ __typename: 'Airport', iata: null }], '... on Airport { name }')).toEqual([
      null,
    ]);
  });
});

describe('entities of another domain', () => {
  test('exist by their keys, and what refers to them is read for all in one statement', async () => {
    const answer = await entities(
      'operations',
      ['SEA', 'JFK', 'XXX', 'SEA', null].map((iata) => ({ __typename: 'Airport', iata })),
      `... on Airport { iata
        flightsByOrigin(first: $n, orderBy: {distance: DESC}) { nodes { id destination { iata } gate { terminal } } totalCount pageInfo { hasNextPage } }
        short: flightsByOrigin(where: {distance: {lt: 20}}) { nodes { id } }
        flightsByDestination { edges { node { id } } } }`,
      { n: 2 },
    );
    const sea = {
      iata: 'SEA',
      flightsByOrigin: {
        nodes: [
          { id: '4', destination: { iata: 'JFK' }, gate: null },
          { id: '2', destination: null, gate: null },
        ],
        totalCount: '3',
        pageInfo: { hasNextPage: true },
      },
      short: { nodes: [{ id: '1' }] },
      flightsByDestination: { edges: [{ node: { id: '3' } }] },
    };
    expect(answer).toEqual([
      sea,
      {
        iata: 'JFK',
        flightsByOrigin: {
          nodes: [{ id: '3', destination: { iata: 'SEA' }, gate: null }],
          totalCount: '1',
          pageInfo: { hasNextPage: false },
        },
        short: { nodes: [] },
        flightsByDestination: { edges: [{ node: { id: '1' } }, { node: { id: '4' } }] },
      },
      {
        iata: 'XXX',
        flightsByOrigin: { nodes: [], totalCount: '0', pageInfo: { hasNextPage: false } },
        short: { nodes: [] },
        flightsByDestination: { edges: [] },
      },
      sea,
      null,
    ]);
    expect(mesh.statements().length).toBe(1);
  });

  test('count towards the rows that a request may ask for', async () => {
    const representations = Array.from({ length: 300 }, (_, index) => ({
      __typename: 'Airport',
      iata: `A${index}`,
    }));
    const query = ENTITIES('... on Airport { flightsByOrigin(first: $n) { nodes { id } } }');
    expect(await mesh.errors('operations', query, { r: representations, n: 800 })).toEqual([]);
    expect(await mesh.errors('operations', query, { r: representations, n: 900 })).toMatchObject([
      { code: 'BAD_INPUT', path: ['_entities'] },
    ]);
  });

  test('read nothing where only their key is asked for of another product', async () => {
    const { productsRead } = await mesh.request('operations', {
      query: ENTITIES('... on Airport { iata }'),
      variables: { r: [{ __typename: 'Airport', iata: 'SEA' }] },
    });
    expect(productsRead).toEqual([]);
  });
});

test('the subgraph says its own SDL', async () => {
  const { _service } = await mesh.ask('operations', '{ _service { sdl } }');
  expect(_service.sdl).toContain('type Airport');
  expect(mesh.statements()).toEqual([]);
});
