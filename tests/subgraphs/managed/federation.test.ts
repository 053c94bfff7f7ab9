import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway';
import { parse } from 'graphql';
import { compose } from '../../../schema/composition/compose.ts';
import { subgraphSdl } from '../../../schema/contract/sdl.ts';
import { openTestMesh, type TestMesh, type Tree } from './mesh.ts';

let mesh: TestMesh;
let gateway: ApolloGateway;
let ask: (query: string) => Promise<Tree>;

beforeAll(async () => {
  mesh = await openTestMesh();
  await mesh.load('network/airports', 'airports', [
    { iata: 'SEA', name: 'Seattle', elevation: 131 },
    { iata: 'JFK', name: 'Kennedy' },
  ]);
  await mesh.load('operations/flights', 'flights', [
    {
      id: 1,
      date: '2001-01-01T00:00:00Z',
      distance: 100,
      originIata: 'SEA',
      destinationIata: 'JFK',
      phase: 'Approach',
    },
    { id: 2, date: '2001-01-02T00:00:00Z', distance: 200, originIata: 'JFK' },
    {
      id: 3,
      date: '2001-01-03T00:00:00Z',
      distance: 300,
      originIata: 'XXX',
      destinationIata: 'SEA',
      grams: '9007199254740993',
    },
  ]);
  const subgraphs = [...mesh.mesh.domains.values()].map((model) => {
    return { name: model.domain, sdl: subgraphSdl(model), url: `http://${model.domain}.invalid` };
  });
  const composed = compose(subgraphs);
  if (!composed.composes) throw new Error(JSON.stringify(composed.errors));
  gateway = new ApolloGateway({
    supergraphSdl: composed.sdl,
    buildService: ({ name }): GraphQLDataSource => ({
      process: async ({ request }) => {
        const { data, errors } = await mesh.request(name, {
          query: request.query!,
          variables: request.variables ?? {},
        });
        return JSON.parse(JSON.stringify({ data, errors }));
      },
    }),
  });
  const { executor } = await gateway.load();
  ask = async (query) => {
    const request = {
      query,
      document: parse(query),
      request: { query },
      queryHash: query,
      operationName: null,
      context: {},
    };
    const cache = { get: async () => undefined, set: async () => undefined, delete: async () => true };
    const result = await executor({ ...request, cache, schema: undefined } as unknown as Parameters<
      typeof executor
    >[0]);
    return JSON.parse(JSON.stringify({ data: result.data, errors: result.errors }));
  };
});
afterAll(async () => {
  await gateway.stop();
  await mesh.close();
});

test('a query across domains is one statement a fetch, whichever side it begins on', async () => {
  mesh.statements();
  const down = await ask(
    '{ flights { nodes { id phase grams origin { iata name elevation } destination { name } } totalCount } }',
  );
  expect(down).toEqual({
    data: {
      flights: {
        nodes: [
          {
            id: '1',
            phase: 'APPROACH',
            grams: null,
            origin: { iata: 'SEA', name: 'Seattle', elevation: 131 },
            destination: { name: 'Kennedy' },
          },
          {
            id: '2',
            phase: null,
            grams: null,
            origin: { iata: 'JFK', name: 'Kennedy', elevation: null },
            destination: null,
          },
          // The airport is missing, and its name is not nullable.
          { id: '3', phase: null, grams: '9007199254740993', origin: null, destination: { name: 'Seattle' } },
        ],
        totalCount: '3',
      },
    },
  });
  // The flights, and the airports of each of the two references.
  expect(mesh.statements().length).toBe(3);

  const up = await ask(
    '{ airports(orderBy: {iata: ASC}) { nodes { name flightsByOrigin(first: 1) { nodes { id destination { elevation } } totalCount } flightAggregateByOrigin { sum { distance } } } } }',
  );
  expect(up.data.airports.nodes).toEqual([
    {
      name: 'Kennedy',
      flightsByOrigin: { nodes: [{ id: '2', destination: null }], totalCount: '1' },
      flightAggregateByOrigin: [{ sum: { distance: '200' } }],
    },
    {
      name: 'Seattle',
      flightsByOrigin: { nodes: [{ id: '1', destination: { elevation: null } }], totalCount: '1' },
      flightAggregateByOrigin: [{ sum: { distance: '100' } }],
    },
  ]);
  expect(mesh.statements().length).toBe(3);
});
