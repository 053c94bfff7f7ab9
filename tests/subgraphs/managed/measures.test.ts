import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openTestMesh, type TestMesh } from './mesh.ts';

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await openTestMesh();
  await mesh.load('operations/flights', 'carriers', [
    { code: 'AA', name: 'American' },
    { code: 'DL', name: 'Delta' },
    { code: 'ZZ', name: 'None' },
  ]);
  // Small enough to be counted by hand: of AA two of three known delays are late, of DL one of two.
  const flights = [
    [1, 'AA', 20, 100, '2001-01-05T23:30:00Z', '2001-01-05', 'Approach', 5],
    [2, 'AA', 30, 200, '2001-01-06T00:30:00Z', '2001-01-06', 'Approach', 5],
    [3, 'AA', 0, 300, '2001-02-01T00:00:00Z', null, 'En Route', 5],
    [4, 'AA', null, 400, '2001-02-02T00:00:00Z', null, null, 5],
    [5, 'DL', 16, 500, '2001-02-03T00:00:00Z', '2001-03-01', null, 5],
    [6, 'DL', -16, 600, '2001-03-01T00:00:00Z', null, null, 5],
  ] as const;
  await mesh.load(
    'operations/flights',
    'flights',
    flights.map(([id, carrierCode, delay, distance, date, day, phase, grams]) => ({
      ...{ id, carrierCode, delay, distance, date, day, phase, grams },
      originIata: 'SEA',
      note: id === 6 ? 'seven' : String(id),
    })),
  );
});
afterAll(() => mesh.close());

describe("the contract's measures", () => {
  test('are what their expressions say, over all rows, and over those of a filter', async () => {
    const answer = await mesh.ask(
      'operations',
      `{ all: flightAggregate { lateShare lateCount meanDelay allGrams lastDay usualPhase }
         some: flightAggregate(where: {id: {in: [4, 6]}}) { lateShare lateCount meanDelay lastDay usualPhase count }
         none: flightAggregate(where: {id: {eq: 9}}) { lateShare lateCount meanDelay allGrams lastDay usualPhase } }`,
    );
    expect(answer).toEqual({
      all: [
        {
          lateShare: '0.6000',
          lateCount: 3,
          meanDelay: 10,
          allGrams: '30',
          lastDay: '2001-03-01',
          usualPhase: 'APPROACH',
        },
      ],
      some: [{ lateShare: '0.0000', lateCount: 0, meanDelay: -16, lastDay: null, usualPhase: null, count: '2' }],
      none: [{ lateShare: null, lateCount: 0, meanDelay: null, allGrams: null, lastDay: null, usualPhase: null }],
    });
  });

  test('are of groups, and order them; what is missing comes last', async () => {
    const ask = (orderBy: string) =>
      mesh.ask(
        'operations',
        `{ flightAggregate(groupBy: {property: carrierCode}, orderBy: ${orderBy}) { key { carrierCode } lateShare } }`,
      );
    const [aa, dl] = [
      { key: { carrierCode: 'AA' }, lateShare: '0.6667' },
      { key: { carrierCode: 'DL' }, lateShare: '0.5000' },
    ];
    expect(await ask('{lateShare: DESC}')).toEqual({ flightAggregate: [aa, dl] });
    expect(await ask('{lateShare: ASC}')).toEqual({ flightAggregate: [dl, aa] });
    expect(await ask('[{lateCount: ASC}, {count: DESC}]')).toEqual({ flightAggregate: [dl, aa] });
    const byDay = await mesh.ask(
      'operations',
      '{ flightAggregate(groupBy: {property: departed}, orderBy: [{lastDay: DESC}, {key: {departed: ASC}}]) { key { departed } lastDay } }',
    );
    expect(byDay.flightAggregate.map((group: { lastDay: unknown }) => group.lastDay)).toEqual([
      '2001-03-01',
      '2001-01-06',
      '2001-01-05',
      null,
      null,
      null,
    ]);
  });

  test('stand under rows too, and under several fields of one request', async () => {
    const answer = await mesh.ask(
      'operations',
      `query ($by: [FlightAggregateOrderBy!]) { carriers { nodes { code late: flightAggregate { share: lateShare __typename }
         by: flightAggregate(groupBy: {property: punctuality}, orderBy: $by) { key { punctuality } lateCount } } } }`,
      { by: [{ lateCount: 'DESC' }] },
    );
    expect(answer.carriers.nodes).toEqual([
      {
        code: 'AA',
        late: [{ share: '0.6667', __typename: 'FlightAggregate' }],
        by: [
          { key: { punctuality: 'LATE' }, lateCount: 2 },
          { key: { punctuality: 'ON_TIME' }, lateCount: 0 },
          { key: { punctuality: null }, lateCount: 0 },
        ],
      },
      {
        code: 'DL',
        late: [{ share: '0.5000', __typename: 'FlightAggregate' }],
        by: [
          { key: { punctuality: 'LATE' }, lateCount: 1 },
          { key: { punctuality: 'ON_TIME' }, lateCount: 0 },
        ],
      },
      { code: 'ZZ', late: [{ share: null, __typename: 'FlightAggregate' }], by: [] },
    ]);
  });

  test('are computed once in one scan, whichever times they are asked for and ordered by', async () => {
    mesh.statements();
    await mesh.ask(
      'operations',
      '{ flightAggregate(groupBy: {property: carrierCode}, orderBy: {meanDelay: DESC}) { meanDelay a: meanDelay b: meanDelay count } }',
    );
    const [statement, ...more] = mesh.statements();
    expect(more).toEqual([]);
    expect(statement!.text.match(/avg\(/g)).toHaveLength(1);
    expect(statement!.text.match(/from "operations"/g)).toHaveLength(1);
  });

  test('stand in no statement that does not ask for them', async () => {
    mesh.statements();
    await mesh.ask('operations', '{ flightAggregate(groupBy: {property: carrierCode}) { count avg { delay } } }');
    expect(mesh.statements()[0]!.text).not.toMatch(/case when t\d+\."delay"|decimal|numeric\(6/);
  });
});

describe("the contract's dimensions", () => {
  test('are grouped by, truncated and ordered by, as properties are', async () => {
    const answer = await mesh.ask(
      'operations',
      `{ days: flightAggregate(groupBy: {property: departed}) { key { departed carrierCode } count }
         months: flightAggregate(groupBy: [{property: departed, truncate: MONTH}, {property: punctuality}],
           orderBy: [{key: {departed: DESC}}, {key: {punctuality: DESC}}]) { key { departed punctuality } count lateCount } }`,
    );
    expect(answer.days).toEqual(
      ['2001-01-05', '2001-01-06', '2001-02-01', '2001-02-02', '2001-02-03', '2001-03-01'].map((departed) => ({
        key: { departed, carrierCode: null },
        count: '1',
      })),
    );
    expect(answer.months).toEqual([
      { key: { departed: '2001-03-01', punctuality: 'ON_TIME' }, count: '1', lateCount: 0 },
      { key: { departed: '2001-02-01', punctuality: 'ON_TIME' }, count: '1', lateCount: 0 },
      { key: { departed: '2001-02-01', punctuality: 'LATE' }, count: '1', lateCount: 1 },
      { key: { departed: '2001-02-01', punctuality: null }, count: '1', lateCount: 0 },
      { key: { departed: '2001-01-01', punctuality: 'LATE' }, count: '2', lateCount: 2 },
    ]);
  });

  test.each([
    ['{punctuality: {eq: LATE}}', ['1', '2', '5']],
    ['{punctuality: {ne: LATE}}', ['3', '4', '6']],
    ['{punctuality: {isNull: true}}', ['4']],
    ['{not: {punctuality: {in: [LATE, ON_TIME]}}}', ['4']],
    ['{departed: {gte: "2001-02-02"}, punctuality: {isNull: false}}', ['5', '6']],
    ['{carrier: {flights: {some: {departed: {eq: "2001-03-01"}}}}}', ['5', '6']],
  ])('filter rows, too: %s', async (where, ids) => {
    const answer = await mesh.ask(
      'operations',
      `{ flights(where: ${where}) { nodes { id } totalCount } flightAggregate(where: ${where}) { count } }`,
    );
    expect(answer.flights.nodes.map(({ id }: { id: string }) => id)).toEqual(ids);
    expect([answer.flights.totalCount, answer.flightAggregate[0].count]).toEqual(Array(2).fill(String(ids.length)));
  });

  test('are bound by variables, one form for all members', async () => {
    const query = 'query ($is: FlightPunctuality) { flights(where: {punctuality: {eq: $is}}) { totalCount } }';
    mesh.statements();
    expect(await mesh.ask('operations', query, { is: 'LATE' })).toEqual({ flights: { totalCount: '3' } });
    expect(await mesh.ask('operations', query, { is: 'ON_TIME' })).toEqual({ flights: { totalCount: '2' } });
    const [first, second] = mesh.statements();
    expect(second!.text).toBe(first!.text);
  });

  test('have units as their type has, and a key that is not grouped by is refused', async () => {
    expect(
      await mesh.errors('operations', '{ flightAggregate(groupBy: {property: departed, truncate: HOUR}) { count } }'),
    ).toMatchObject([{ code: 'BAD_INPUT', message: expect.stringContaining('cannot truncate departed to HOUR') }]);
    expect(
      await mesh.errors('operations', '{ flightAggregate(orderBy: {key: {punctuality: ASC}}) { count } }'),
    ).toMatchObject([{ code: 'BAD_INPUT', message: expect.stringContaining('orders by the key punctuality') }]);
  });
});

describe('an expression that fails on the data', () => {
  const DIVIDES = 'An expression of the contract cannot be computed of this data: it divides by zero.';

  test('is null at its place, with a reason, and takes nothing else away', async () => {
    const { data, errors } = await mesh.request('operations', {
      query: `{ bad: flightAggregate(where: {id: {in: [5, 6]}}) { count milesPerMinute again: milesPerMinute lateShare meanDelay sum { distance } }
                good: flightAggregate(where: {id: {eq: 1}}) { milesPerMinute } flights(first: 1) { nodes { id } } }`,
    });
    expect(JSON.parse(JSON.stringify(data))).toEqual({
      bad: [
        { count: '2', milesPerMinute: null, again: null, lateShare: '0.5000', meanDelay: 0, sum: { distance: '1100' } },
      ],
      good: [{ milesPerMinute: 5 }],
      flights: { nodes: [{ id: '1' }] },
    });
    expect(errors!.map(({ message, path, extensions }) => [message, path, extensions])).toEqual([
      [DIVIDES, ['bad', 0, 'milesPerMinute'], { code: 'EXPRESSION_FAILED' }],
      [DIVIDES, ['bad', 0, 'again'], { code: 'EXPRESSION_FAILED' }],
    ]);
  });

  test('by a number out of range is told from the others that fail', async () => {
    await mesh.owner.query('update operations.flights__2 set grams = 9223372036854775807 where id > 4');
    try {
      const { data, errors } = await mesh.request('operations', {
        query: '{ flightAggregate(where: {id: {gt: 4}}) { allGrams lateCount milesPerMinute } }',
      });
      expect(data).toMatchObject({ flightAggregate: [{ allGrams: null, lateCount: 1, milesPerMinute: null }] });
      expect(errors!.map(({ message, path }) => [message, path![2]])).toEqual([
        ['An expression of the contract cannot be computed of this data: a number is out of range.', 'allGrams'],
        [DIVIDES, 'milesPerMinute'],
      ]);
    } finally {
      await mesh.owner.query('update operations.flights__2 set grams = 5');
    }
  });

  test.each([
    ['an order', '{ flightAggregate(where: {id: {in: [5, 6]}}, orderBy: {milesPerMinute: ASC}) { count } }'],
    ['a group', '{ flightAggregate(groupBy: {property: noteNumber}) { count } }'],
    ['a filter', '{ flights(where: {noteNumber: {gt: 1}}) { nodes { id } } }'],
  ])('in %s is an error of the whole field, without a word of the data', async (_, query) => {
    const errors = await mesh.errors('operations', query);
    expect(errors).toMatchObject([{ code: 'EXPRESSION_FAILED', path: [expect.stringMatching(/^flight/)] }]);
    expect(errors[0]!.message).not.toContain('seven');
  });

  test('under rows is null there', async () => {
    const { data, errors } = await mesh.request('operations', {
      query: '{ carriers { nodes { code flightAggregate { milesPerMinute lateCount } } } }',
    });
    expect(data).toMatchObject({
      carriers: {
        nodes: [
          { code: 'AA', flightAggregate: [{ milesPerMinute: null, lateCount: 2 }] },
          { code: 'DL', flightAggregate: [{ milesPerMinute: null, lateCount: 1 }] },
          { code: 'ZZ', flightAggregate: [{ milesPerMinute: null, lateCount: 0 }] },
        ],
      },
    });
    expect(errors).toHaveLength(3);
  });

  test('leaves what is wrong with arguments what it is', async () => {
    const query = '{ flightAggregate(where: {id: {eq: "x"}}) { milesPerMinute } }';
    expect(await mesh.errors('operations', query)).toMatchObject([{ code: 'BAD_INPUT', path: ['flightAggregate'] }]);
  });
});

test('of a product without data there is nothing to compute', async () => {
  const empty = await openTestMesh();
  try {
    const answer = await empty.ask(
      'operations',
      '{ flightAggregate { lateShare lateCount milesPerMinute } flights(where: {noteNumber: {eq: 1}}) { totalCount } }',
    );
    expect(answer).toEqual({
      flightAggregate: [{ lateShare: null, lateCount: 0, milesPerMinute: null }],
      flights: { totalCount: '0' },
    });
  } finally {
    await empty.close();
  }
});
