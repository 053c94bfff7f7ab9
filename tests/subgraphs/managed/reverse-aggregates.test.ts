import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTestMesh, type TestMesh, type Tree } from './mesh.ts';

const COUNT = 60;

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await openTestMesh();
  await mesh.load('network/airports', 'airports', [
    { iata: 'SEA', name: 'Seattle' },
    { iata: 'JFK', name: 'Kennedy' },
    { iata: 'LAX', name: 'Los Angeles' },
  ]);
  const rows = Array.from({ length: COUNT }, (_, id) => ({
    id,
    date: `2001-0${(id % 3) + 1}-15T10:00:00Z`,
    delay: id % 7 === 0 ? null : id - 30,
    distance: 2_000_000_000 + id,
    phase: id % 2 === 0 ? 'Approach' : null,
    originIata: ['SEA', 'JFK'][id % 2],
    carrierCode: ['AA', 'DL', null][id % 3],
    gateAirport: 'SEA',
    gateNumber: id % 4,
  }));
  await mesh.load('operations/flights', 'flights', rows);
  await mesh.load('operations/flights', 'carriers', [
    { code: 'AA', name: 'American' },
    { code: 'DL', name: 'Delta' },
    { code: 'ZZ', name: 'None' },
  ]);
  await mesh.load('operations/flights', 'gates', [
    { airport: 'SEA', number: 1 },
    { airport: 'SEA', number: 9 },
  ]);
});
afterAll(() => mesh.close());

async function sql(text: string): Promise<Tree[]> {
  return (await mesh.owner.query(text.replace('FLIGHTS', 'operations.flights__1'))).rows;
}

test('each row has the aggregate of those that refer to it, all in one statement', async () => {
  mesh.statements();
  const { carriers } = await mesh.ask(
    'operations',
    '{ carriers { nodes { code flightAggregate { count sum { distance } avg { delay } } flights(first: 0) { totalCount } } } }',
  );
  expect(mesh.statements()).toHaveLength(1);
  const rows = await sql(
    `select carrier_code as code, count(*), sum(distance)::text, avg(delay)::float8 from FLIGHTS group by 1 order by 1`,
  );
  expect(carriers.nodes).toEqual([
    ...rows.slice(0, 2).map(({ code, count, sum, avg }) => ({
      code,
      flightAggregate: [{ count, sum: { distance: sum }, avg: { delay: avg } }],
      flights: { totalCount: count },
    })),
    {
      code: 'ZZ',
      flightAggregate: [{ count: '0', sum: { distance: null }, avg: { delay: null } }],
      flights: { totalCount: '0' },
    },
  ]);
});

test('it takes what the aggregate of all takes: a filter, groups, units, an order and their number', async () => {
  const { carrier } = await mesh.ask(
    'operations',
    `{ carrier(code: "AA") { flightAggregate(where: {delay: {gt: -20}}, groupBy: [{property: date, truncate: MONTH}, {property: phase}],
        orderBy: [{count: DESC}, {key: {phase: DESC}}], first: 2) { key { date phase } count __typename } } }`,
  );
  const rows = await sql(
    `select date_trunc('month', date, 'UTC') as date, upper(phase) as phase, count(*) from FLIGHTS
     where carrier_code = 'AA' and delay > -20 group by 1, phase order by 3 desc, phase desc nulls last, 1 limit 2`,
  );
  expect(carrier.flightAggregate).toEqual(
    rows.map(({ date, phase, count }) => ({
      key: { date: date.toISOString(), phase },
      count,
      __typename: 'FlightAggregate',
    })),
  );
  expect(rows).toHaveLength(2);
});

test('a row to which nothing refers has no groups', async () => {
  const { carrier } = await mesh.ask(
    'operations',
    '{ carrier(code: "ZZ") { flightAggregate(groupBy: {property: phase}) { count } } }',
  );
  expect(carrier).toEqual({ flightAggregate: [] });
});

test('a key of two properties is compared as a whole', async () => {
  const { gates } = await mesh.ask('operations', '{ gates { nodes { number flightAggregate { count } } } }');
  expect(gates.nodes).toEqual([
    { number: 1, flightAggregate: [{ count: '15' }] },
    { number: 9, flightAggregate: [{ count: '0' }] },
  ]);
});

test("another domain's type has it through _entities, whether there is such a row or not", async () => {
  mesh.statements();
  const { _entities } = await mesh.ask(
    'operations',
    `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Airport { iata
        flightAggregateByOrigin(groupBy: {property: carrierCode}) { key { carrierCode } count } flightAggregateByDestination { count } } } }`,
    { r: ['SEA', 'XXX', 'SEA'].map((iata) => ({ __typename: 'Airport', iata })) },
  );
  expect(mesh.statements()).toHaveLength(1);
  const seattle = {
    iata: 'SEA',
    flightAggregateByOrigin: ['AA', 'DL', null].map((carrierCode) => ({ key: { carrierCode }, count: '10' })),
    flightAggregateByDestination: [{ count: '0' }],
  };
  expect(_entities).toEqual([
    seattle,
    { iata: 'XXX', flightAggregateByOrigin: [], flightAggregateByDestination: [{ count: '0' }] },
    seattle,
  ]);
});

test('it lies below references and connections too', async () => {
  const { flights } = await mesh.ask(
    'operations',
    '{ flights(first: 2) { nodes { origin { flightAggregateByOrigin { count } } carrier { flightAggregate { max { id } } } } } }',
  );
  expect(flights.nodes).toEqual([
    { origin: { flightAggregateByOrigin: [{ count: '30' }] }, carrier: { flightAggregate: [{ max: { id: '57' } }] } },
    { origin: { flightAggregateByOrigin: [{ count: '30' }] }, carrier: { flightAggregate: [{ max: { id: '58' } }] } },
  ]);
});

test.each([
  [
    'its arguments, with their place',
    '{ carrier(code: "AA") { flightAggregate(first: 1001) { count } } }',
    'Carrier.flightAggregate(first:) is 1001',
  ],
  [
    'a unit that the property has not',
    '{ carrier(code: "AA") { flightAggregate(groupBy: {property: delay, truncate: DAY}) { count } } }',
    'Carrier.flightAggregate(groupBy:)',
  ],
  [
    'groups that are too many together',
    '{ flights(first: 1000) { nodes { carrier { flightAggregate(groupBy: {property: id}, first: 1000) { count } } } } }',
    'rows',
  ],
])('%s is refused', async (_name, query, says) => {
  expect(await mesh.errors('operations', query)).toEqual([
    expect.objectContaining({ code: 'BAD_INPUT', message: expect.stringContaining(says) }),
  ]);
});

test('without groups it counts as one row of each, whatever first says', async () => {
  const query = '{ flights(first: 1000) { nodes { carrier { flightAggregate(first: 1000) { count } } } } }';
  expect((await mesh.ask('operations', query)).flights.nodes).toHaveLength(COUNT);
});
