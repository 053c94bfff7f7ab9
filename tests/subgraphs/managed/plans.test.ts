import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openTestMesh, type TestMesh } from './mesh.ts';

/** What Postgres does for the statements of a request, as EXPLAIN tells it. */
async function plan(mesh: TestMesh, query: string, variables: object = {}): Promise<string> {
  mesh.statements();
  await mesh.ask('operations', query, { ...variables });
  const [statement, ...more] = mesh.statements();
  expect(more).toEqual([]);
  const { rows } = await mesh.owner.query<{ 'QUERY PLAN': string }>({
    text: `explain (costs off) ${statement!.text}`,
    values: [...statement!.values],
  });
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await openTestMesh();
  const rows = Array.from({ length: 20_000 }, (_, id) => ({
    id,
    date: '2001-01-01T00:00:00Z',
    distance: id % 100,
    originIata: `A${id % 50}`,
    carrierCode: `C${id % 20}`,
  }));
  await mesh.load('operations/flights', 'flights', rows);
  const gates = Array.from({ length: 5_000 }, (_, number) => ({ airport: `A${number % 50}`, number }));
  await mesh.load('operations/flights', 'gates', gates);
  const notices = Array.from({ length: 5_000 }, (_, id) => ({ id, number: id + 1 }));
  await mesh.load('operations/notices', 'notices', notices);
});
afterAll(() => mesh.close());

describe('a statement finds its rows by index', () => {
  test("the next page in the key's order, of composite keys too, both ways", async () => {
    for (const orderBy of ['{id: ASC}', '{id: DESC}']) {
      const page = `flights(orderBy: ${orderBy}, first: 10`;
      const { flights } = await mesh.ask('operations', `{ ${page}) { pageInfo { endCursor } } }`);
      const found = await plan(mesh, `{ ${page}, after: "${flights.pageInfo.endCursor}") { nodes { id } } }`);
      expect(found).toMatch(/Index (Only )?Scan (Backward )?using flights__1__key.*\n\s*Index Cond: \(id [<>]/);
      expect(found).not.toContain('Filter');
    }
    const { gates } = await mesh.ask('operations', '{ gates(first: 10) { pageInfo { endCursor } } }');
    const found = await plan(mesh, `{ gates(first: 10, after: "${gates.pageInfo.endCursor}") { nodes { terminal } } }`);
    expect(found).toMatch(/using gates__2__key.*\n\s*Index Cond: \(ROW\(airport, number\) > ROW/);
  });

  test('a page under each of many parents, which may have none, never by a walk through the table', async () => {
    const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Airport { flightsByOrigin(first: 3) { nodes { id day } totalCount } } } }`;
    const r = Array.from({ length: 50 }, (_, index) => ({ __typename: 'Airport', iata: `Z${index}` }));
    const found = await plan(mesh, query, { r });
    expect(found).not.toContain('flights__1__key');
    expect(found).not.toContain('Seq Scan on flights__1');
    expect(found.match(/Index Cond: \(origin_iata = \S+\)/g)).toHaveLength(2);
  });

  test('aggregates under each of many parents', async () => {
    const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Airport { flightAggregateByOrigin(groupBy: {property: carrierCode}) { count } } } }`;
    const r = Array.from({ length: 50 }, (_, index) => ({ __typename: 'Airport', iata: `A${index}` }));
    const found = await plan(mesh, query, { r });
    expect(found).not.toContain('Seq Scan on flights__1');
    expect(found).toMatch(/Index Cond: \(origin_iata = \S+\)/);
  });

  test('of a filter over what they refer to, and over what refers to them, as semi-joins', async () => {
    const flights = await plan(
      mesh,
      '{ flights(where: {gate: {number: {eq: 7}, airport: {eq: "A7"}}}) { nodes { id } } }',
    );
    expect(flights).toMatch(/using gates__2__key/);
    const gates = await plan(mesh, '{ gates(where: {flights: {none: {distance: {gt: 50}}}}) { nodes { terminal } } }');
    expect(gates).toMatch(/Anti Join/);
  });

  test('entities by a further key, as many as there may be, beside others by their key', async () => {
    const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Notice { id text } } }';
    const r = Array.from({ length: 1_000 }, (_, at) => ({ __typename: 'Notice', [at % 2 ? 'id' : 'number']: at * 5 }));
    const found = await plan(mesh, query, { r });
    expect(found).toMatch(/using notices__1__number__unique.*\n\s*Index Cond: \(number = /);
    const { _entities } = await mesh.ask('operations', query, { r });
    expect(_entities.slice(0, 4)).toEqual([null, ...['5', '9', '15'].map((id) => ({ id, text: null }))]);
  });

  test('entities, and what they refer to', async () => {
    const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Flight { day gate { terminal } } } }';
    const found = await plan(mesh, query, { r: [1, 2, 3].map((id) => ({ __typename: 'Flight', id })) });
    expect(found).toMatch(/using flights__1__key/);
    expect(found).toMatch(/using gates__2__key/);
  });
});
