import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openTestMesh, type Row, type TestMesh } from './mesh.ts';

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await openTestMesh();
  await mesh.load('network/airports', 'airports', [
    { iata: 'SEA', name: 'Seattle-Tacoma Intl', city: 'Seattle', elevation: 131 },
    { iata: 'JFK', name: 'John F Kennedy Intl', city: 'New York', elevation: 4 },
    { iata: 'ORD', name: "Chicago O'Hare", city: null, elevation: null },
  ]);
  await mesh.load('operations/flights', 'gates', [
    { airport: 'SEA', number: 1, terminal: 'N' },
    { airport: 'SEA', number: 2, terminal: 'S' },
    { airport: 'JFK', number: 1, terminal: null },
  ]);
  await mesh.load('operations/flights', 'carriers', [
    { code: 'AA', name: 'American', country: 'US' },
    { code: 'DL', name: 'Delta', country: null },
  ]);
  await mesh.load('operations/flights', 'flights', [
    {
      id: '9007199254740993',
      date: '2001-01-01T00:00:00Z',
      day: '2001-01-01',
      departure: '12:30:00',
      delay: 5,
      distance: 100,
      price: '12345678901234567890.0123456789',
      fuel: 0.1,
      grams: '-9223372036854775808',
      note: 'é "quoted" \\ \n',
      onTime: true,
      phase: 'Take-off run',
      tags: ['a', 'b,"c"'],
      extra: { a: [1, null, { b: 'x' }] },
      ticket: '00000000-0000-4000-8000-0000000000aa',
      originIata: 'SEA',
      destinationIata: 'JFK',
      carrierCode: 'AA',
      gateAirport: 'SEA',
      gateNumber: 2,
    },
    {
      id: 2,
      date: '2001-01-01T00:00:00.123456Z',
      distance: 7,
      originIata: 'SEA',
      carrierCode: 'ZZ',
      fuel: 'NaN',
      phase: 'Landing',
      tags: [],
    },
    {
      id: 3,
      date: '2001-06-30T12:00:00+02:00',
      distance: 7,
      originIata: 'JFK',
      destinationIata: 'SEA',
      carrierCode: 'AA',
      gateAirport: 'XXX',
      gateNumber: 9,
    },
  ]);
  mesh.statements();
});
beforeEach(() => void mesh.statements());
afterAll(() => mesh.close());

describe('values', () => {
  test('come exactly as they are stored, each in the form of its scalar', async () => {
    const { flight } = await mesh.ask(
      'operations',
      `{ flight(id: "9007199254740993") {
          id date day departure delay distance price fuel grams note onTime phase tags extra ticket } }`,
    );
    expect(flight).toEqual({
      id: '9007199254740993',
      date: '2001-01-01T00:00:00.000Z',
      day: '2001-01-01',
      departure: '12:30:00',
      delay: 5,
      distance: 100,
      price: '12345678901234567890.0123456789',
      fuel: 0.1,
      grams: '-9223372036854775808',
      note: 'é "quoted" \\ \n',
      onTime: true,
      phase: 'TAKE_OFF_RUN',
      tags: ['a', 'b,"c"'],
      extra: { a: [1, null, { b: 'x' }] },
      ticket: '00000000-0000-4000-8000-0000000000aa',
    });
  });

  test('are null where there are none, and an empty list is no null', async () => {
    const { flight } = await mesh.ask(
      'operations',
      `{ flight(id: 2) { day departure delay price grams note onTime tags extra ticket } }`,
    );
    expect(flight).toEqual({
      day: null,
      departure: null,
      delay: null,
      price: null,
      grams: null,
      note: null,
      onTime: null,
      tags: [],
      extra: null,
      ticket: null,
    });
  });

  test('keep their microseconds, and come in UTC', async () => {
    const { a, b } = await mesh.ask('operations', '{ a: flight(id: 2) { date } b: flight(id: 3) { date } }');
    expect([a.date, b.date]).toEqual(['2001-01-01T00:00:00.123456Z', '2001-06-30T10:00:00.000Z']);
  });

  test('that the graph cannot say are errors at their paths, and nothing else is lost', async () => {
    const { data, errors } = await mesh.request('operations', {
      query: '{ flights(orderBy: {id: ASC}) { nodes { id fuel phase } } }',
    });
    expect(JSON.parse(JSON.stringify(data)).flights.nodes).toEqual([
      { id: '2', fuel: null, phase: null },
      { id: '3', fuel: null, phase: null },
      { id: '9007199254740993', fuel: 0.1, phase: 'TAKE_OFF_RUN' },
    ]);
    expect(errors!.map(({ path }) => path)).toEqual([
      ['flights', 'nodes', 0, 'fuel'],
      ['flights', 'nodes', 0, 'phase'],
    ]);
  });
});

describe('a selection', () => {
  test('takes aliases, fragments, directives and __typename, in one statement', async () => {
    const query = `query ($no: Boolean = false, $yes: Boolean = true) {
      list: flights(orderBy: [{id: DESC}], first: 2) {
        __typename
        x: nodes { ...F ... on Flight @skip(if: $yes) { grams } ... @include(if: $yes) { d: distance distance } note @include(if: $no) }
        y: nodes { __typename id }
        edges { __typename e: node { i: id } node { ...G } }
      }
    }
    fragment F on Flight { kind: __typename id ...G }
    fragment G on Flight { carrier { code n: name } }`;
    const { list } = await mesh.ask('operations', query);
    expect(mesh.statements().length).toBe(1);
    const carrier = { code: 'AA', n: 'American' };
    expect(list).toEqual({
      __typename: 'FlightConnection',
      x: [
        { kind: 'Flight', id: '9007199254740993', carrier, d: 100, distance: 100 },
        { kind: 'Flight', id: '3', carrier, d: 7, distance: 7 },
      ],
      y: [
        { __typename: 'Flight', id: '9007199254740993' },
        { __typename: 'Flight', id: '3' },
      ],
      edges: [
        { __typename: 'FlightEdge', e: { i: '9007199254740993' }, node: { carrier } },
        { __typename: 'FlightEdge', e: { i: '3' }, node: { carrier } },
      ],
    });
  });

  test('may have one field several times with other arguments', async () => {
    const { carrier } = await mesh.ask(
      'operations',
      `{ carrier(code: "AA") {
          near: flights(where: {distance: {lt: 50}}) { nodes { id } totalCount }
          far: flights(where: {distance: {gte: 50}}) { nodes { id } totalCount }
          none: flights(first: 0) { nodes { id } totalCount } } }`,
    );
    expect(carrier).toEqual({
      near: { nodes: [{ id: '3' }], totalCount: '1' },
      far: { nodes: [{ id: '9007199254740993' }], totalCount: '1' },
      none: { nodes: [], totalCount: '2' },
    });
  });

  test('may name its keys like properties of JavaScript', async () => {
    const { data } = await mesh.request('operations', {
      query: '{ __proto__: carrier(code: "AA") { __proto__: name constructor: code toString: country } }',
    });
    const carrier = Object.entries(data!)[0]!;
    expect([carrier[0], Object.entries(carrier[1] as object)]).toEqual([
      '__proto__',
      [
        ['__proto__', 'American'],
        ['constructor', 'AA'],
        ['toString', 'US'],
      ],
    ]);
    expect(({} as Row)['code']).toBeUndefined();
  });

  test('counts only where totalCount is asked for, and reads no rows for it alone', async () => {
    await mesh.ask('operations', '{ flights { nodes { id } } }');
    expect(mesh.statements()[0]!.text).not.toContain('count(');
    const { flights } = await mesh.ask('operations', '{ flights { totalCount } }');
    expect(flights).toEqual({ totalCount: '3' });
    expect(mesh.statements()[0]!.text).not.toContain('limit');
  });

  test('records which products it read', async () => {
    const { productsRead } = await mesh.request('operations', {
      query: '{ flights { nodes { id notices { totalCount } } } }',
    });
    expect(productsRead).toEqual(['operations/flights', 'operations/notices']);
    expect(
      (await mesh.request('operations', { query: '{ flights { nodes { origin { iata } } } }' })).productsRead,
    ).toEqual(['operations/flights']);
  });
});

describe('references', () => {
  test('within the domain are joined; composite keys too', async () => {
    const { flight } = await mesh.ask(
      'operations',
      '{ flight(id: "9007199254740993") { gate { airport number terminal flights { nodes { id } } } carrier { name flights(first: 1) { nodes { id carrier { country } } } } } }',
    );
    expect(mesh.statements().length).toBe(1);
    expect(flight).toEqual({
      gate: { airport: 'SEA', number: 2, terminal: 'S', flights: { nodes: [{ id: '9007199254740993' }] } },
      carrier: { name: 'American', flights: { nodes: [{ id: '3', carrier: { country: 'US' } }] } },
    });
  });

  test('across domains are their keys, and null where there is none', async () => {
    const { flights } = await mesh.ask(
      'operations',
      '{ flights { nodes { origin { __typename iata } destination { code: iata } } } }',
    );
    expect(flights.nodes).toEqual([
      { origin: { __typename: 'Airport', iata: 'SEA' }, destination: null },
      { origin: { __typename: 'Airport', iata: 'JFK' }, destination: { code: 'SEA' } },
      { origin: { __typename: 'Airport', iata: 'SEA' }, destination: { code: 'JFK' } },
    ]);
  });

  test('to a missing row keep their key; a non-null field of it makes them null, with an error', async () => {
    const { data, errors } = await mesh.request('operations', {
      query:
        '{ flight(id: 2) { key: carrier { code } some: carrier { code country } all: carrier { code name } gate { terminal } } }',
    });
    expect(JSON.parse(JSON.stringify(data)).flight).toEqual({
      key: { code: 'ZZ' },
      some: { code: 'ZZ', country: null },
      all: null,
      gate: null,
    });
    expect(errors!.map(({ path }) => path)).toEqual([['flight', 'all', 'name']]);
    const missing = await mesh.ask('operations', '{ flight(id: 3) { gate { airport number terminal } } }');
    expect(missing.flight.gate).toEqual({ airport: 'XXX', number: 9, terminal: null });
  });

  test("lead on from another domain's type to what refers to it", async () => {
    const { flight } = await mesh.ask(
      'operations',
      '{ flight(id: 3) { origin { iata flightsByOrigin { nodes { id } } } destination { flightsByOrigin(first: 1) { totalCount nodes { id } } } } }',
    );
    expect(mesh.statements().length).toBe(1);
    expect(flight).toEqual({
      origin: { iata: 'JFK', flightsByOrigin: { nodes: [{ id: '3' }] } },
      destination: { flightsByOrigin: { totalCount: '2', nodes: [{ id: '2' }] } },
    });
  });
});

describe('lookups', () => {
  test('answer null for a row that is not there', async () => {
    expect(
      await mesh.ask('operations', '{ flight(id: 77) { id } gate(airport: "SEA", number: 9) { number } }'),
    ).toEqual({ flight: null, gate: null });
  });

  test('by a composite key take each property', async () => {
    expect(await mesh.ask('operations', '{ gate(airport: "JFK", number: 1) { airport number terminal } }')).toEqual({
      gate: { airport: 'JFK', number: 1, terminal: null },
    });
  });

  test('refuse what the key cannot be', async () => {
    for (const id of ['abc', '9223372036854775808', '1.5', ''])
      expect(await mesh.errors('operations', 'query ($id: ID!) { flight(id: $id) { id } }', { id })).toMatchObject([
        { code: 'BAD_INPUT', path: ['flight'] },
      ]);
  });
});

describe('a product without data', () => {
  test('reads as empty, on every way to it', async () => {
    const answer = await mesh.ask(
      'operations',
      `{ notice(id: 1) { text } notices(where: {text: {contains: "x"}}) { nodes { id tags } edges { cursor } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
        noticeAggregate { count min { text } } groups: noticeAggregate(groupBy: {property: text}) { count } flight(id: 3) { notices { nodes { id } } } }`,
    );
    expect(answer).toEqual({
      notice: null,
      notices: {
        nodes: [],
        edges: [],
        totalCount: '0',
        pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
      },
      noticeAggregate: [{ count: '0', min: { text: null } }],
      groups: [],
      flight: { notices: { nodes: [] } },
    });
  });
});
