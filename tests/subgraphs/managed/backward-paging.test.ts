import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTestMesh, type TestMesh, type Tree } from './mesh.ts';

const COUNT = 23;
const DELAYS = [null, 3, 0, null, -1];

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await openTestMesh();
  await mesh.load(
    'operations/flights',
    'flights',
    Array.from({ length: COUNT }, (_, id) => ({
      id,
      date: '2001-01-01T00:00:00Z',
      distance: id % 3,
      delay: DELAYS[id % DELAYS.length]!,
      originIata: 'SEA',
      carrierCode: id % 2 === 0 ? 'AA' : null,
    })),
  );
  await mesh.load('operations/flights', 'carriers', [{ code: 'AA', name: 'American' }]);
});
afterAll(() => mesh.close());

const PAGE = `query ($order: [FlightOrderBy!], $first: Int, $after: String, $last: Int, $before: String) {
  flights(orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
    nodes { id } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

async function page(variables: Readonly<Record<string, unknown>>): Promise<Tree> {
  const { flights } = await mesh.ask('operations', PAGE, variables);
  return { ...flights, ids: flights.nodes.map(({ id }: Tree) => Number(id)) };
}

async function inOrder(order: string, where = 'true'): Promise<number[]> {
  const { rows } = await mesh.owner.query(`select id from operations.flights__1 where ${where} order by ${order}`);
  return rows.map(({ id }) => Number(id));
}

test.each([
  ['the key', [], 'id'],
  ['what is missing in some', [{ delay: 'ASC' }], 'delay nulls last, id'],
  ['what is missing in some, descending', [{ delay: 'DESC' }], 'delay desc nulls last, id'],
  ['two, in two directions', [{ distance: 'DESC' }, { delay: 'ASC' }], 'distance desc, delay nulls last, id'],
])('pages from the end, ordered by %s, have each row once, in the same order', async (_name, order, sql) => {
  const seen: number[] = [];
  for (let before: string | null = null; ;) {
    const { ids, edges, pageInfo } = await page({ order, last: 5, before });
    seen.unshift(...ids);
    expect(pageInfo.hasNextPage).toBe(before !== null);
    expect(pageInfo.startCursor).toBe(edges[0].cursor);
    expect(pageInfo.endCursor).toBe(edges.at(-1).cursor);
    if (!pageInfo.hasPreviousPage) break;
    before = pageInfo.startCursor;
  }
  expect(seen).toEqual(await inOrder(sql));
});

test('a page between two cursors is cut at the end that is asked for', async () => {
  const { edges } = await page({ first: COUNT });
  const between = { after: edges[4].cursor, before: edges[15].cursor };
  const [first, last, all] = [
    await page({ ...between, first: 3 }),
    await page({ ...between, last: 3 }),
    await page({ ...between, last: 10 }),
  ];
  expect(first.ids).toEqual([5, 6, 7]);
  expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
  expect(last.ids).toEqual([12, 13, 14]);
  expect(last.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
  // Relay: with `last`, hasPreviousPage is of what lies between the cursors.
  expect(all.ids).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  expect(all.pageInfo).toMatchObject({ hasPreviousPage: false });
});

test('the last rows under a row are its own', async () => {
  const query = (before: string): string =>
    `{ carrier(code: "AA") { flights(last: 4${before}) { nodes { id } pageInfo { startCursor hasPreviousPage hasNextPage } } } }`;
  const { carrier } = await mesh.ask('operations', query(''));
  expect(carrier.flights.nodes.map(({ id }: Tree) => id)).toEqual(['16', '18', '20', '22']);
  expect(carrier.flights.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: false });
  const before = await mesh.ask('operations', query(`, before: "${carrier.flights.pageInfo.startCursor}"`));
  expect(before.carrier.flights.nodes.map(({ id }: Tree) => id)).toEqual(['8', '10', '12', '14']);
  expect(before.carrier.flights.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: true });
});

test('a cursor is one in both directions', async () => {
  const { pageInfo } = await page({ last: 3 });
  expect((await page({ after: pageInfo.startCursor })).ids).toEqual([21, 22]);
});

test('no row is asked for from the end', async () => {
  expect(await page({ last: 0 })).toMatchObject({
    ids: [],
    pageInfo: { hasPreviousPage: true, hasNextPage: false, startCursor: null, endCursor: null },
  });
});

test.each([
  ['first with last', '{ flights(first: 1, last: 1) { nodes { id } } }', 'first and last'],
  ['first with last, below', '{ carrier(code: "AA") { flights(first: 1, last: 1) { totalCount } } }', 'first and last'],
  ['too many from the end', '{ flights(last: 1001) { nodes { id } } }', 'flights(last:) is 1001'],
  ['less than none', '{ flights(last: -1) { nodes { id } } }', '0 rows or more'],
  ['what is no cursor', '{ flights(before: "x") { nodes { id } } }', 'flights(before:) is no cursor'],
])('%s is refused', async (_name, query, says) => {
  expect(await mesh.errors('operations', query)).toEqual([
    expect.objectContaining({ code: 'BAD_INPUT', message: expect.stringContaining(says) }),
  ]);
});

test('first that is null with last is a page from the end', async () => {
  expect((await page({ first: null, last: 2 })).ids).toEqual([21, 22]);
});
