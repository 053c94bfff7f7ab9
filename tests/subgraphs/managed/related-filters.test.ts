import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTestMesh, type TestMesh, type Tree } from './mesh.ts';

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await openTestMesh();
  const rows = Array.from({ length: 60 }, (_, id) => ({
    id,
    date: '2001-01-01T10:00:00Z',
    delay: id % 7 === 0 ? null : id - 30,
    distance: id * 10,
    note: id % 2 === 0 ? 'even' : null,
    originIata: 'SEA',
    // XX is no carrier.
    carrierCode: ['AA', 'DL', null, 'XX'][id % 4],
    gateAirport: id % 3 === 0 ? 'SEA' : 'JFK',
    gateNumber: id % 5,
  }));
  await mesh.load('operations/flights', 'flights', rows);
  await mesh.load('operations/flights', 'carriers', [
    { code: 'AA', name: 'American', country: 'US' },
    { code: 'DL', name: 'Delta' },
    { code: 'ZZ', name: 'None', country: 'US' },
  ]);
  await mesh.load('operations/flights', 'gates', [
    { airport: 'SEA', number: 1, terminal: 'N' },
    { airport: 'JFK', number: 2, terminal: 'S' },
    { airport: 'JFK', number: 9 },
  ]);
});
afterAll(() => mesh.close());

const CARRIER = 'exists (select from carriers__2 c where c.code = f.carrier_code';
const GATE = 'exists (select from gates__3 g where (g.airport, g.number) = (f.gate_airport, f.gate_number)';

async function matching(field: string, key: string, where: string): Promise<unknown[]> {
  const answer = await mesh.ask(
    'operations',
    `{ ${field}(where: ${where}, first: 1000) { nodes { key: ${key} } totalCount } }`,
  );
  const keys = answer[field].nodes.map((node: Tree) => String(node.key));
  expect(answer[field].totalCount).toBe(String(keys.length));
  return keys;
}

async function sql(text: string): Promise<unknown[]> {
  const client = await mesh.owner.connect();
  try {
    await client.query('set search_path to operations');
    const { rows } = await client.query(text);
    return rows.map(({ key }) => String(key));
  } finally {
    client.release(true);
  }
}

test.each([
  ['{carrier: {country: {eq: "US"}}}', `${CARRIER} and country = 'US')`],
  ['{carrier: {country: {ne: "US"}}}', `${CARRIER} and country is distinct from 'US')`],
  ['{not: {carrier: {country: {eq: "US"}}}}', `not ${CARRIER} and country = 'US')`],
  ['{carrier: {}}', `${CARRIER})`],
  ['{not: {carrier: {}}}', `not ${CARRIER})`],
  ['{carrier: null}', 'true'],
  ['{gate: {terminal: {isNull: false}}, delay: {gt: 0}}', `${GATE} and terminal is not null) and delay > 0`],
  [
    '{or: [{gate: {terminal: {eq: "N"}}}, {carrier: {name: {startsWith: "D"}}}]}',
    `${GATE} and terminal = 'N') or ${CARRIER} and name like 'D%')`,
  ],
  [
    '{carrier: {flights: {some: {note: {eq: "even"}, gate: {airport: {eq: "SEA"}}}}}}',
    `${CARRIER} and exists (select from flights__1 o where o.carrier_code = c.code and o.note = 'even' and ${GATE.replaceAll('f.', 'o.')} and g.airport = 'SEA')))`,
  ],
])('flights where %s', async (where, condition) => {
  const expected = await sql(`select id as key from flights__1 f where ${condition} order by id`);
  expect(await matching('flights', 'id', where)).toEqual(expected);
});

test.each([
  ['{flights: {some: {delay: {gt: 20}}}}', ['AA', 'DL']],
  ['{flights: {some: {}}}', ['AA', 'DL']],
  ['{flights: {none: {}}}', ['ZZ']],
  ['{flights: {none: {note: {eq: "even"}}}}', ['DL', 'ZZ']],
  ['{flights: {every: {note: {eq: "even"}}}}', ['AA', 'ZZ']],
  // What is missing is not less than anything, so it is not every one that is.
  ['{flights: {every: {delay: {lt: 1000}}}}', ['ZZ']],
  ['{flights: {every: {or: [{delay: {lt: 1000}}, {delay: {isNull: true}}]}}}', ['AA', 'DL', 'ZZ']],
  ['{flights: {some: {note: {eq: "even"}}, every: {note: {eq: "even"}}}}', ['AA']],
  ['{not: {flights: {every: {note: {eq: "even"}}}}}', ['DL']],
  ['{flights: {}}', ['AA', 'DL', 'ZZ']],
  ['{flights: {some: null}}', ['AA', 'DL', 'ZZ']],
])('carriers where %s', async (where, expected) => {
  expect(await matching('carriers', 'code', where)).toEqual(expected);
});

test('in aggregates, under rows, and by variables too', async () => {
  const answer = await mesh.ask(
    'operations',
    `query ($where: FlightWhere, $gate: GateWhere) {
       flightAggregate(where: $where) { count }
       carrier(code: "AA") { flights(where: {gate: $gate}) { totalCount } flightAggregate(where: {gate: $gate}) { count } } }`,
    { where: { carrier: { name: { in: ['Delta'] } } }, gate: { terminal: { eq: 'S' } } },
  );
  const [delta] = await sql(`select count(*) as key from flights__1 where carrier_code = 'DL'`);
  const [gated] = await sql(
    `select count(*) as key from flights__1 where carrier_code = 'AA' and gate_airport = 'JFK' and gate_number = 2`,
  );
  expect(gated).not.toBe('0');
  expect(answer).toEqual({
    flightAggregate: [{ count: delta }],
    carrier: { flights: { totalCount: gated }, flightAggregate: [{ count: gated }] },
  });
});

test('all in one statement', async () => {
  mesh.statements();
  await matching('flights', 'id', '{carrier: {flights: {every: {gate: {}}}}}');
  expect(mesh.statements()).toHaveLength(1);
});

test('what is of another domain is no filter, whose subgraph has no such type', async () => {
  const errors = await mesh.errors('operations', '{ flights(where: {origin: {name: {eq: "a"}}}) { totalCount } }');
  expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('origin') })]);
});

test.each([
  [
    'deeper than the limit',
    `{ flights(where: ${'{carrier: {flights: {some: '.repeat(3)}{}${'}}}'.repeat(3)}) { totalCount } }`,
    'nests related objects deeper than 5 levels',
  ],
  [
    'with a value that is none',
    '{ flights(where: {carrier: {flights: {some: {id: {eq: "x"}}}}}) { pageInfo { hasPreviousPage } } }',
    'flights(where:).carrier.flights.id.eq',
  ],
  ['with null for a value', '{ flights(where: {carrier: {code: {eq: null}}}) { totalCount } }', 'cannot be null'],
])('a filter %s is refused', async (_name, query, says) => {
  expect(await mesh.errors('operations', query)).toEqual([
    { code: 'BAD_INPUT', path: ['flights'], message: expect.stringContaining(says) },
  ]);
});
