import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openTestMesh, type Row, type TestMesh, type Tree } from './mesh.ts';

/** Numbers from a seed: the same on every run (a linear congruential generator). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
}

/** Few values and many nulls, so that most rows are ties. */
function rowsOf(seed: number, count: number): Row[] {
  const next = random(seed);
  const pick = (...values: unknown[]): unknown => values[next(values.length)];
  return Array.from({ length: count }, (_, id) => ({
    id: id * 3 - 50,
    date: pick(
      '2001-01-01T00:00:00Z',
      '2001-01-01T00:00:00.000001Z',
      '2001-01-02T00:00:00Z',
      'infinity',
      '0044-03-15T00:00:00Z BC',
    ),
    day: pick(null, '2001-01-01', '2001-01-02', 'infinity'),
    departure: pick(null, '10:00:00', '11:30:00.25'),
    delay: pick(null, -1, 0, 1),
    distance: next(3),
    price: pick(null, '0.1', '0.10000001', 'NaN', '-5'),
    fuel: pick(null, 0.1, 1e-7, 'NaN', '-Infinity', 123456789.125),
    note: pick(null, '', 'a', 'A', 'ä', 'it\'s "so" \\', '日本'),
    onTime: pick(null, true, false),
    phase: pick(null, 'Approach', 'En Route'),
    ticket: pick(null, '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'),
    originIata: pick('SEA', 'JFK'),
    carrierCode: pick(null, 'AA', 'DL'),
  }));
}

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await openTestMesh();
  await mesh.load('operations/flights', 'flights', rowsOf(1, 120));
  await mesh.load(
    'operations/flights',
    'gates',
    Array.from({ length: 40 }, (_, index) => ({
      airport: `A${index % 7}`,
      number: index,
      terminal: index % 3 === 0 ? null : 'T',
    })),
  );
  await mesh.load('operations/flights', 'carriers', [{ code: 'AA', name: 'American' }]);
});
afterAll(() => mesh.close());

const FLIGHTS = `query ($order: [FlightOrderBy!], $first: Int, $after: String, $where: FlightWhere) {
  flights(orderBy: $order, first: $first, after: $after, where: $where) { nodes { id } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

async function pages(order: unknown, first: number, where: unknown = null): Promise<string[]> {
  const seen: string[] = [];
  for (let after: string | null = null; ;) {
    const { flights } = await mesh.ask('operations', FLIGHTS, { order, first, after, where });
    const { nodes, edges, pageInfo } = flights;
    seen.push(...nodes.map(({ id }: { id: string }) => id));
    expect(nodes.length).toBeLessThanOrEqual(first);
    expect(pageInfo.hasPreviousPage).toBe(after !== null);
    expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([
      edges[0]?.cursor ?? null,
      edges.at(-1)?.cursor ?? null,
    ]);
    if (!pageInfo.hasNextPage) return seen;
    expect(nodes.length).toBe(first);
    after = pageInfo.endCursor;
  }
}

describe('paging', () => {
  const columns = [
    'date',
    'day',
    'departure',
    'delay',
    'distance',
    'price',
    'fuel',
    'note',
    'onTime',
    'phase',
    'ticket',
    'originIata',
    'carrierCode',
    'id',
  ];
  const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const cases = Array.from({ length: 40 }, (_, seed) => {
    const next = random(seed + 100);
    const order = Array.from({ length: next(4) }, () => ({
      column: columns[next(columns.length)]!,
      direction: next(2) === 0 ? 'ASC' : 'DESC',
    }));
    return { seed, order, first: 1 + next(50) };
  });

  test.each(cases)('yields each row once, in the order that SQL gives them: seed $seed', async ({ order, first }) => {
    const seen = await pages(
      order.map(({ column, direction }) => ({ [column]: direction })),
      first,
    );
    const sql = order.map(({ column, direction }) => `${snake(column)} ${direction} nulls last`);
    const { rows } = await mesh.owner.query(
      `select id from operations.flights__1 order by ${[...sql, 'id'].join(', ')}`,
    );
    expect(seen).toEqual(rows.map(({ id }) => id));
  });

  test('keeps to its filter', async () => {
    const seen = await pages([{ delay: 'DESC' }], 4, { delay: { isNull: false }, distance: { gt: 0 } });
    const { rows } = await mesh.owner.query(
      'select id from operations.flights__1 where delay is not null and distance > 0 order by delay desc, id',
    );
    expect(seen).toEqual(rows.map(({ id }) => id));
  });

  test('goes through composite keys', async () => {
    const seen: string[] = [];
    for (let after: string | null = null; ;) {
      const { gates } = await mesh.ask(
        'operations',
        'query ($a: String) { gates(first: 7, after: $a, orderBy: {terminal: ASC}) { nodes { airport number } pageInfo { hasNextPage endCursor } } }',
        { a: after },
      );
      seen.push(...gates.nodes.map((gate: Tree) => `${gate.airport} ${gate.number}`));
      if (!gates.pageInfo.hasNextPage) break;
      after = gates.pageInfo.endCursor;
    }
    const { rows } = await mesh.owner.query(
      `select airport || ' ' || number as gate from operations.gates__2 order by terminal, airport, number`,
    );
    expect(seen).toEqual(rows.map(({ gate }) => gate));
  });

  test('neither repeats nor loses rows when others come and go between pages', async () => {
    const first = await mesh.ask('operations', FLIGHTS, { order: [{ distance: 'ASC' }], first: 30 });
    const read = first.flights.nodes.map(({ id }: { id: string }) => id);
    const { rows: before } = await mesh.owner.query('select id from operations.flights__1 order by distance, id');
    await mesh.owner.query(
      `insert into operations.flights__1 (id, date, distance, origin_iata) values (-1000, now(), -1, 'SEA'), (-1001, now(), 0, 'SEA')`,
    );
    await mesh.owner.query('delete from operations.flights__1 where id = $1', [read.at(-1)]);
    const rest = await mesh.ask('operations', FLIGHTS, {
      order: [{ distance: 'ASC' }],
      first: 1000,
      after: first.flights.pageInfo.endCursor,
    });
    expect([...read, ...rest.flights.nodes.map(({ id }: { id: string }) => id)]).toEqual(before.map(({ id }) => id));
    await mesh.load('operations/flights', 'flights', rowsOf(1, 120));
  });

  test("under a row goes on from that row's cursor", async () => {
    const query =
      'query ($a: String) { carrier(code: "AA") { flights(first: 5, after: $a, orderBy: {delay: DESC}) { nodes { id } totalCount pageInfo { hasNextPage endCursor } } } }';
    const seen: string[] = [];
    for (let after: string | null = null; ;) {
      const { carrier } = await mesh.ask('operations', query, { a: after });
      seen.push(...carrier.flights.nodes.map(({ id }: { id: string }) => id));
      if (!carrier.flights.pageInfo.hasNextPage) {
        expect(carrier.flights.totalCount).toBe(String(seen.length));
        break;
      }
      after = carrier.flights.pageInfo.endCursor;
    }
    const { rows } = await mesh.owner.query(
      `select id from operations.flights__1 where carrier_code = 'AA' order by delay desc nulls last, id`,
    );
    expect(seen).toEqual(rows.map(({ id }) => id));
  });
});

describe('pages', () => {
  test('have 50 rows where nothing is said, none if so wished, at most 1,000', async () => {
    expect((await mesh.ask('operations', '{ flights { nodes { id } } }')).flights.nodes).toHaveLength(50);
    expect((await mesh.ask('operations', '{ flights(first: 1000) { nodes { id } } }')).flights.nodes).toHaveLength(120);
    expect(
      (await mesh.ask('operations', '{ flights(first: 0) { nodes { id } pageInfo { hasNextPage endCursor } } }'))
        .flights,
    ).toEqual({
      nodes: [],
      pageInfo: { hasNextPage: true, endCursor: null },
    });
  });

  test.each([
    ['{ flights(first: 1001) { totalCount } }', 'at most 1000'],
    ['{ flights(first: -1) { totalCount } }', '0 rows or more'],
    ['{ carrier(code: "AA") { flights(first: 1001) { totalCount } } }', 'Carrier.flights(first:) is 1001'],
    ['{ flightAggregate(first: 1001) { count } }', 'at most 1000'],
    ['{ flights(first: 1000) { nodes { carrier { flights(first: 1000) { nodes { id } } } } } }', '1001000 rows'],
    [
      '{ a: flights(first: 1000) { nodes { carrier { flights(first: 200) { nodes { id } } } } } b: flights(first: 1000) { nodes { carrier { flights(first: 200) { nodes { id } } } } } }',
      'rows',
    ],
    [
      `{ flights(first: 1) { nodes ${'{ carrier { flights(first: 1) { nodes '.repeat(10)}{ id }${'} } }'.repeat(10)} } }`,
      'deeper than',
    ],
    ['{ flights(orderBy: [{delay: ASC, id: DESC}]) { totalCount } }', 'one property'],
    ['{ flights(orderBy: [{}]) { totalCount } }', 'one property'],
  ])('are refused beyond: %s', async (query, says) => {
    const errors = await mesh.errors('operations', query);
    expect(errors).toEqual([expect.objectContaining({ code: 'BAD_INPUT', message: expect.stringContaining(says) })]);
  });

  test.each([
    ['none of ours', '!!!'],
    ['text', 'hello'],
    ['JSON', '{"a":1}'],
    ['a mark alone', 'M3KY8UxE'],
    ['numbers', 'M3KY8UxE,1'],
    ['cut within an escape', 'M3KY8UxE,=a\\'],
    ['nothing', ''],
  ])('are refused where the cursor is %s', async (_, after) => {
    expect(await mesh.errors('operations', FLIGHTS, { after })).toMatchObject([
      { code: 'BAD_INPUT', path: ['flights'] },
    ]);
  });

  test('of which nothing is read are refused all the same, whether a literal or a variable asks for them', async () => {
    const query = `query ($after: String, $first: Int, $note: String) {
      flights(after: $after, first: $first, where: {note: {eq: $note}}) { pageInfo { hasPreviousPage } } }`;
    for (const variables of [{ after: '', note: 'a' }, { first: -1, note: 'a' }, { note: '\u0000' }])
      expect(await mesh.errors('operations', query, variables)).toMatchObject([
        { code: 'BAD_INPUT', path: ['flights'] },
      ]);
  });

  test('say what they are asked for, their rows not being read', async () => {
    const fields = '{ pageInfo { hasPreviousPage __typename } __typename }';
    expect(await mesh.ask('operations', `{ flights ${fields} }`)).toEqual({
      flights: {
        pageInfo: { hasPreviousPage: false, __typename: 'PageInfo' },
        __typename: 'FlightConnection',
      },
    });
  });

  test('that are refused take nothing from what the others may ask for', async () => {
    const { data, errors } = await mesh.request('operations', {
      query: `{ a: gate(airport: "A0", number: 0) { terminal }
        b: carrier(code: "AA") { flights(first: 1000) { nodes { carrier { flights(first: 200, where: {id: {eq: "x"}}) { nodes { id } } } } } }
        c: carrier(code: "AA") { flights(first: 1000) { nodes { carrier { flights(first: 200) { totalCount nodes { id } } } } } } }`,
    });
    expect(errors).toMatchObject([{ path: ['b'] }]);
    expect(data).toMatchObject({ a: { terminal: null }, b: null, c: {} });
  });

  test('are refused where the cursor is of another order, another list, or was bent', async () => {
    const { flights } = await mesh.ask('operations', FLIGHTS, { first: 1, order: [{ fuel: 'ASC' }, { date: 'ASC' }] });
    const cursor = flights.pageInfo.endCursor as string;
    expect(await mesh.errors('operations', FLIGHTS, { after: cursor })).toMatchObject([{ code: 'BAD_INPUT' }]);
    expect(
      await mesh.errors('operations', FLIGHTS, { after: cursor, order: [{ fuel: 'DESC' }, { date: 'ASC' }] }),
    ).toMatchObject([{ code: 'BAD_INPUT' }]);
    const [mark, ...values] = cursor.split(',');
    for (const bent of [
      ['x', ...values.slice(1)],
      [values[0], 'yesterday at noon', values[2]],
      [values[0], 'tomorrow\u0000', values[2]],
      [...values.slice(0, 2), '99999999999999999999'],
      values.slice(1),
    ]) {
      const after = [mark, ...bent].join(',');
      expect(
        await mesh.errors('operations', FLIGHTS, { after, order: [{ fuel: 'ASC' }, { date: 'ASC' }] }),
      ).toMatchObject([{ code: 'BAD_INPUT' }]);
    }
  });
});
