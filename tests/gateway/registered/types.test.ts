import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gatewayHere, type GatewayHere, type Tree } from '../gateway-here.ts';
import { folderOf } from '../product-text.ts';
import { openWarehouse, registeredFolder, type Warehouse } from './warehouse.ts';

let gateway: GatewayHere;
let warehouse: Warehouse;

const KEY = '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }';

beforeAll(async () => {
  warehouse = await openWarehouse();
  gateway = await gatewayHere({ config: { secrets: () => warehouse.password } });
  await warehouse.run(`
    create type mood as enum ('calm', 'wild', 'lost');
    create type point_of as (x int, y int);
    create domain short as varchar(5) check (value <> 'never');
    create table odd (id int primary key, mood mood, code char(5), short short, price numeric, double double precision, half real,
      naive timestamp, exact timestamptz, day date, clock time, uid uuid, span interval, raw bytea, ip inet, cost money,
      tags varchar(9)[], counts smallint[], doc json, place point_of, flag bool, small smallint);
    insert into odd values (1, 'calm', 'ab', 'dom', 1.10, 0.1, 0.1, '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05+02', '2026-01-02',
      '03:04:05', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '1 day 02:00', '\\xDEADBEEF', '10.0.0.1/8', 12.5, '{a,b}', '{1,2}',
      '{"a": [1]}', row(1, 2), true, 3);
    insert into odd (id) values (2);
    insert into odd (id, mood, price, double, exact, naive, day, clock, counts) values
      (3, 'lost', 'NaN', 'infinity', 'infinity', '-infinity', '0044-03-15 BC', '24:00', '{1,null}');
    create view twice as select id, mood::text as name from odd union all select 1, 'again';
    create table refers (id int primary key, odd int);
    insert into refers values (1, 1), (2, 77)`);
  await gateway.publish([folderOf({ domain: 'network', name: 'airports' })]);
  const outcome = await gateway.publish([
    registeredFolder({
      domain: 'lab',
      name: 'samples',
      at: warehouse,
      objects: {
        odds: {
          as: 'odd',
          properties: [
            KEY,
            '{ name: mood, logicalType: string, enum: [{ value: calm }, { value: wild }] }',
            '{ name: code, logicalType: string }',
            '{ name: short, logicalType: string }',
            '{ name: price, logicalType: number, physicalType: numeric }',
            '{ name: double, logicalType: number }',
            '{ name: half, logicalType: number, physicalType: real }',
            '{ name: naive, logicalType: timestamp, physicalType: timestamp }',
            '{ name: exact, logicalType: timestamp }',
            '{ name: day, logicalType: date }',
            '{ name: clock, logicalType: time }',
            '{ name: uid, logicalType: string, physicalType: uuid }',
            '{ name: span, logicalType: string }',
            '{ name: raw, logicalType: string }',
            '{ name: ip, logicalType: string }',
            '{ name: cost, logicalType: number, physicalType: numeric }',
            '{ name: tags, logicalType: array, items: { logicalType: string } }',
            '{ name: counts, logicalType: array, items: { logicalType: integer } }',
            '{ name: doc, logicalType: object }',
            '{ name: place, logicalType: object }',
            '{ name: flag, logicalType: boolean }',
            '{ name: small, logicalType: integer }',
          ],
        },
        refers: {
          properties: [
            KEY,
            '{ name: twin, physicalName: odd, logicalType: integer, relationships: [{ to: twices.id, customProperties: [{ property: graphqlName, value: found }] }] }',
          ],
        },
        twices: { as: 'twice', properties: [KEY, '{ name: name, logicalType: string }'] },
      },
    }),
  ]);
  expect(outcome).toMatchObject({ __typename: 'Published', findings: [{ code: 'KEY_UNKNOWN', severity: 'WARNING' }] });
});
afterAll(async () => {
  await gateway.close();
  await warehouse.close();
});

const FIELDS =
  'id mood code short price double half naive exact day clock uid span raw ip cost tags counts doc place flag small';

test('each type of Postgres has one form in the graph', async () => {
  const { data, errors } = await gateway.ask(`{ one: odd(id: 1) { ${FIELDS} } empty: odd(id: 2) { ${FIELDS} } }`);
  expect(errors).toBeUndefined();
  expect(data.one).toEqual({
    id: '1',
    mood: 'CALM',
    code: 'ab',
    short: 'dom',
    price: '1.10',
    double: 0.1,
    half: 0.1,
    naive: '2026-01-02T03:04:05.678901Z',
    exact: '2026-01-02T01:04:05.000Z',
    day: '2026-01-02',
    clock: '03:04:05',
    uid: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    span: 'P1DT2H',
    raw: '\\xdeadbeef',
    ip: '10.0.0.1/8',
    cost: '12.50',
    tags: ['a', 'b'],
    counts: [1, 2],
    doc: { a: [1] },
    place: { x: 1, y: 2 },
    flag: true,
    small: 3,
  });
  expect(Object.values(data.empty).filter((value) => value !== null)).toEqual(['2']);
});

test('a value that the graph has no form for is null, with an error at its place', async () => {
  const { data, errors } = await gateway.ask(`{ odd(id: 3) { mood price double exact naive day clock counts } }`);
  expect(data).toEqual({
    odd: { mood: null, price: null, double: null, exact: null, naive: null, day: null, clock: null, counts: null },
  });
  expect(errors!.map(({ path }) => (path as string[])[1]).sort()).toEqual([
    'clock',
    'counts',
    'day',
    'double',
    'exact',
    'mood',
    'naive',
    'price',
  ]);
});

test.each([
  ['an enum by its member', 'mood: { eq: CALM }'],
  ['a padded text by what is in it', 'code: { eq: "ab" }'],
  ['a domain by its text', 'short: { startsWith: "do" }'],
  ['a real by its digits', 'half: { eq: 0.1 }'],
  ['a time without zone as one in UTC', 'naive: { eq: "2026-01-02T04:04:05.678901+01:00" }'],
  ['a moment with its zone', 'exact: { gte: "2026-01-02T01:04:05Z", lt: "2026-01-02T01:04:06Z" }'],
  ['an address by its text', 'ip: { eq: "10.0.0.1/8" }'],
  ['money exactly', 'cost: { eq: "12.5" }'],
  ['a uuid', 'uid: { eq: "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11" }'],
  ['a smallint', 'small: { in: [3, 70000] }'],
])('%s', async (_name, where) => {
  const { data, errors } = await gateway.ask(`{ odds(where: { ${where} }) { totalCount nodes { id } } }`);
  expect(errors).toBeUndefined();
  expect(data).toEqual({ odds: { totalCount: '1', nodes: [{ id: '1' }] } });
});

test('pages in any order hold each row once, with missing values last', async () => {
  for (const by of ['naive', 'code', 'half', 'price', 'uid', 'small', 'mood']) {
    const ids: string[] = [];
    for (let after: string | null = null, more = true; more;) {
      const page = await gateway.ask(
        `query ($after: String) { odds(orderBy: [{ ${by}: DESC }], first: 1, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }`,
        { after },
      );
      expect(page.errors).toBeUndefined();
      const { nodes, pageInfo }: Tree = page.data.odds;
      ids.push(...(nodes as { id: string }[]).map(({ id }) => id));
      ({ endCursor: after, hasNextPage: more } = pageInfo as { endCursor: string; hasNextPage: boolean });
    }
    expect([by, ids.toSorted()]).toEqual([by, ['1', '2', '3']]);
    expect([by, ids.indexOf('2') > ids.indexOf('1')]).toEqual([by, true]);
  }
});

test('the key of a view that is none moves the rows of nobody else', async () => {
  const { data, errors } = await gateway.ask('{ refers(orderBy: [{ id: ASC }]) { nodes { id found { id name } } } }');
  expect(errors).toBeUndefined();
  expect(data.refers.nodes).toEqual([
    { id: '1', found: { id: '1', name: expect.stringMatching(/calm|again/) } },
    { id: '2', found: { id: '77', name: null } },
  ]);
  const entities = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Twice { id name } } }`;
  const { data: named } = await gateway.order('{ dataProduct(id: "lab/samples") { server { database } } }');
  expect(named.dataProduct.server.database).toBe(warehouse.database);
  const supergraph = await (await fetch(`${gateway.url}/supergraph.graphql`)).text();
  const url = /url: "([^"]*\/subgraphs\/lab[^"]*)"/.exec(supergraph)![1]!;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer weft_admin_of_this_test' },
    body: JSON.stringify({
      query: entities,
      variables: { of: [3, 1, 2].map((id) => ({ __typename: 'Twice', id: String(id) })) },
    }),
  });
  const answer = (await response.json()) as Tree;
  expect(answer.data._entities.map(({ id }: Tree) => id)).toEqual(['3', '1', '2']);
});
