import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openTestMesh, type TestMesh, type Tree } from './mesh.ts';

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await openTestMesh();
  const rows = Array.from({ length: 500 }, (_, id) => ({
    id,
    date: `2001-01-${String((id % 28) + 1).padStart(2, '0')}T10:00:00Z`,
    day: id % 5 === 0 ? null : `2001-02-${String((id % 28) + 1).padStart(2, '0')}`,
    delay: id % 7 === 0 ? null : ((id * 37) % 100) - 30,
    distance: 2_000_000_000 - id,
    price: id % 3 === 0 ? null : `${id}.0000000001`,
    fuel: id % 4 === 0 ? null : id / 8,
    grams: id % 2 === 0 ? '9223372036854775807' : String(id),
    note: ['a', 'B', null, 'ä'][id % 4],
    onTime: id % 3 === 0,
    phase: ['Approach', 'En Route', null][id % 3],
    ticket: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    originIata: ['SEA', 'JFK', 'ORD', 'LAX'][id % 4],
    carrierCode: ['AA', null, 'DL'][id % 3],
  }));
  await mesh.load('operations/flights', 'flights', rows);
});
afterAll(() => mesh.close());

async function sql(text: string): Promise<Tree[]> {
  return (await mesh.owner.query(`select ${text.replace('FLIGHTS', 'operations.flights__1')}`)).rows;
}

describe('an aggregate equals what SQL computes', () => {
  test('over all rows, each function, exactly', async () => {
    const { flightAggregate } = await mesh.ask(
      'operations',
      `{ flightAggregate { count
          countDistinct { note delay originIata }
          sum { delay distance price fuel grams }
          avg { delay price fuel grams }
          min { id date day departure delay price fuel grams note ticket }
          max { id date day delay price fuel grams note ticket } } }`,
    );
    const [want] =
      await sql(`count(*), count(distinct note) dn, count(distinct delay) dd, count(distinct origin_iata) dO, sum(delay) sd, sum(distance) sdi, sum(price) sp,
      sum(fuel) sf, sum(grams) sg, avg(delay)::float8 ad, avg(price)::text ap, avg(fuel) af, avg(grams)::float8 ag, min(note) mn, max(note) mx, max(price) xp from FLIGHTS`);
    expect(flightAggregate).toEqual([
      {
        count: '500',
        countDistinct: { note: want.dn, delay: want.dd, originIata: want.do },
        sum: { delay: want.sd, distance: want.sdi, price: want.sp, fuel: want.sf, grams: want.sg },
        avg: { delay: want.ad, price: want.ap, fuel: want.af, grams: want.ag },
        min: {
          id: '0',
          date: '2001-01-01T10:00:00.000Z',
          day: '2001-02-01',
          departure: null,
          delay: -30,
          price: '1.0000000001',
          fuel: 0.125,
          grams: '1',
          note: want.mn,
          ticket: '00000000-0000-4000-8000-000000000000',
        },
        max: {
          id: '499',
          date: '2001-01-28T10:00:00.000Z',
          day: '2001-02-28',
          delay: 69,
          price: want.xp,
          fuel: 62.375,
          grams: '9223372036854775807',
          note: want.mx,
          ticket: '00000000-0000-4000-8000-000000000499',
        },
      },
    ]);
    expect(want.sdi).toBe('999999875250');
  });

  test('by groups, ordered by their keys where nothing is said; nulls are a group, and last', async () => {
    const { flightAggregate } = await mesh.ask(
      'operations',
      '{ flightAggregate(groupBy: [{property: phase}, {property: originIata}], where: {delay: {gt: 0}}) { key { phase originIata note } count avg { delay } } }',
    );
    const rows = await sql(
      `phase, origin_iata, count(*), avg(delay)::float8 from FLIGHTS where delay > 0 group by 1, 2 order by 1, 2`,
    );
    expect(flightAggregate).toEqual(
      rows.map((row) => ({
        key: {
          phase: row.phase === null ? null : row.phase.toUpperCase().replace(' ', '_'),
          originIata: row.origin_iata,
          note: null,
        },
        count: row.count,
        avg: { delay: row.avg },
      })),
    );
    expect(rows).toHaveLength(12);
  });

  test.each([
    ['{count: DESC}', 'count(*) desc'],
    ['[{avg: {fuel: ASC}}, {count: ASC}]', 'avg(fuel), count(*)'],
    ['{max: {delay: DESC}}', 'max(delay) desc nulls last'],
    ['{key: {carrierCode: DESC}}', 'carrier_code desc nulls last'],
    ['[{key: {day: DESC}}, {sum: {grams: ASC}}]', 'day desc nulls last, sum(grams)'],
    ['{countDistinct: {ticket: DESC}}', 'count(distinct ticket) desc'],
  ])('in the order of %s, ties by key', async (order, by) => {
    const { flightAggregate } = await mesh.ask(
      'operations',
      `{ flightAggregate(groupBy: [{property: day}, {property: carrierCode}], orderBy: ${order}, first: 20) { key { day c: carrierCode } count } }`,
    );
    const rows = await sql(
      `day::text, carrier_code c, count(*) from FLIGHTS group by day, carrier_code order by ${by}, day, carrier_code limit 20`,
    );
    expect(flightAggregate).toEqual(rows.map(({ day, c, count }) => ({ key: { day, c }, count })));
  });

  test('by moments, decimals, booleans and uuids', async () => {
    const { a, b, c, d } = await mesh.ask(
      'operations',
      `{ a: flightAggregate(groupBy: {property: date}, first: 1) { key { date } count } b: flightAggregate(groupBy: {property: price}, first: 1) { key { price } }
         c: flightAggregate(groupBy: {property: onTime}) { key { onTime } count } d: flightAggregate(groupBy: {property: ticket}, first: 1) { key { ticket } } }`,
    );
    expect(a).toEqual([{ key: { date: '2001-01-01T10:00:00.000Z' }, count: '18' }]);
    expect(b).toEqual([{ key: { price: '1.0000000001' } }]);
    expect(c).toEqual([
      { key: { onTime: false }, count: '333' },
      { key: { onTime: true }, count: '167' },
    ]);
    expect(d).toEqual([{ key: { ticket: '00000000-0000-4000-8000-000000000000' } }]);
  });
});

describe('an aggregate', () => {
  test('has one row of an empty selection, and no group of it', async () => {
    const answer = await mesh.ask(
      'operations',
      '{ one: flightAggregate(where: {id: {lt: 0}}) { count sum { delay } countDistinct { note } max { date } key { note } } none: flightAggregate(where: {id: {lt: 0}}, groupBy: [{property: note}]) { count } }',
    );
    expect(answer).toEqual({
      one: [
        { count: '0', sum: { delay: null }, countDistinct: { note: '0' }, max: { date: null }, key: { note: null } },
      ],
      none: [],
    });
  });

  test('answers what is selected and no more: __typename alone, aliases, keys twice', async () => {
    const answer = await mesh.ask(
      'operations',
      '{ a: flightAggregate { __typename } b: flightAggregate(groupBy: [{property: onTime}, {property: onTime}]) { __typename n: count m: count k: key { __typename onTime o: onTime } } c: flightAggregate(groupBy: {property: onTime}, first: 1, orderBy: {count: ASC}) { key { onTime } } }',
    );
    expect(answer.a).toEqual([{ __typename: 'FlightAggregate' }]);
    expect(answer.b[1]).toEqual({
      __typename: 'FlightAggregate',
      n: '167',
      m: '167',
      k: { __typename: 'FlightGroupKey', onTime: true, o: true },
    });
    expect(answer.c).toEqual([{ key: { onTime: true } }]);
  });

  test('has 50 groups where nothing is said', async () => {
    expect(
      (await mesh.ask('operations', '{ flightAggregate(groupBy: {property: id}) { count } }')).flightAggregate,
    ).toHaveLength(50);
  });

  test('refuses an order by a key that it does not group by', async () => {
    expect(
      await mesh.errors(
        'operations',
        '{ flightAggregate(groupBy: {property: day}, orderBy: {key: {note: ASC}}) { count } }',
      ),
    ).toEqual([{ code: 'BAD_INPUT', path: ['flightAggregate'], message: expect.stringContaining('groupBy') }]);
  });

  test('is one statement, in which each measure is computed once', async () => {
    mesh.statements();
    await mesh.ask(
      'operations',
      '{ flightAggregate(groupBy: {property: day}, orderBy: [{avg: {delay: DESC}}]) { avg { delay x: delay } y: avg { delay } } }',
    );
    const [statement, ...more] = mesh.statements();
    expect(more).toEqual([]);
    expect(statement!.text.split('avg(')).toHaveLength(2);
  });
});
