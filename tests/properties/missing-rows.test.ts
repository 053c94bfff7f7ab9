import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openWays, type Told, type Ways } from './answers.ts';
import { differences } from './differences.ts';
import { openFederation, type Federation } from './federated.ts';
import { openWorld, type Loaded, type World } from './world.ts';

const ORDER = {
  id: '00000000-0000-4000-8000-000000000001',
  status: 'open',
  cost: '1',
  hours: 1,
  due: '2001-01-01',
  isUrgent: true,
  details: 'null',
  flightId: 1,
};

let world: World;
let ways: Ways;
let federation: Federation;
let loaded: Loaded;
beforeAll(async () => {
  world = await openWorld();
  ways = openWays(world);
  federation = await openFederation(world);
  loaded = await world.fill(
    new Map<string, Record<string, unknown>[]>([
      ['Part', [{ kind: 'engine', serial: 1, makerCode: 'ZZ' }]],
      ['Airport', [{ iata: 'SEA', name: 'Seattle', countryCode: 'XX', twinIata: 'XXX' }]],
      [
        'Flight',
        [{ id: 2, date: '2001-01-01', distance: 1, fares: [], originIata: 'SEA', gateAirport: 'SEA', gateNumber: 9 }],
      ],
      ['Order', [ORDER]],
    ]),
  );
});
afterAll(async () => {
  await world.close();
});

/** What the statement answers; it has to be what is specified. */
async function answer(query: string): Promise<Told & { federated: string | null }> {
  expect(await differences(ways, { query, variables: {} }, loaded)).toEqual([]);
  const { data: federated } = await federation.answer({ query, variables: {} }, loaded);
  return { ...(await ways.compiled({ query, variables: {} }, loaded)), federated };
}

test('what other domains add to a missing row is there, as federation has it', async () => {
  const { data, errors, federated } = await answer(
    '{ part(kind: ENGINE, serial: 1) { maker { code partsByMaker { totalCount } } } }',
  );
  expect(JSON.parse(data!)).toEqual({ part: { maker: { code: 'ZZ', partsByMaker: { totalCount: '1' } } } });
  expect(errors).toEqual([]);
  expect(federated).toBe(data);
});

test('what its own domain says of a missing row is not, and there is an error', async () => {
  const { data, errors, federated } = await answer(
    '{ airport(iata: "SEA") { twin { airportsByTwin { totalCount } } } }',
  );
  expect(JSON.parse(data!)).toEqual({ airport: { twin: null } });
  expect(errors.map(({ path }) => path)).toEqual(['airport.twin.airportsByTwin']);
  expect(federated).toBe(data);
});

test('the key of a missing row leads nowhere, though it is that of another row too', async () => {
  const { data, federated } = await answer('{ flight(id: 2) { gate { airportIata number airport { name } } } }');
  expect(JSON.parse(data!)).toEqual({ flight: { gate: { airportIata: 'SEA', number: 9, airport: null } } });
  expect(federated).toBe(data);
});

test('a list that every row has is missing with its row', async () => {
  const { data, errors } = await answer('{ orders { nodes { flight { fares } } } }');
  expect(JSON.parse(data!)).toEqual({ orders: { nodes: [{ flight: null }] } });
  expect(errors.map(({ path }) => path)).toEqual(['orders.nodes.0.flight.fares']);
});

test("JSON's own null is none where there has to be JSON", async () => {
  const { data, errors } = await answer(`{ order(id: "${ORDER.id}") { id details } }`);
  expect(JSON.parse(data!)).toEqual({ order: null });
  expect(errors.map(({ path }) => path)).toEqual(['order.details']);
});
