import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Answer, gatewayHere, type GatewayHere, type Tree } from '../gateway-here.ts';
import { folderOf, remoteFolder } from '../product-text.ts';
import { federation, type SubgraphService, subgraphService } from './subgraph-service.ts';

const COST_MAX = 1_000;

const SHOP = `${federation('@key', '@cost', '@listSize')}
  type Query {
    item(id: ID!): Item
    items(first: Int, last: Int): [Item!]! @listSize(slicingArguments: ["first", "last"], assumedSize: 30, requireOneSlicingArgument: false)
    strict(first: Int, last: Int): [Item!]! @listSize(slicingArguments: ["first", "last"])
    usual: [Item!]!
    some(first: Int = 7): [Item!]!
    within(paging: Paging, filter: Filter): [Item!]! @listSize(assumedSize: 4)
    catalogue(count: Int!): Catalogue! @listSize(slicingArguments: ["count"], sizedFields: ["items", "labels"])
    pages(first: Int): ItemConnection!
    search(text: String @cost(weight: 5), mood: Mood): [Found!]! @listSize(assumedSize: 10)
    thing: Thing
    report: Report
  }
  type Mutation { add(input: Filter): Item }
  input Paging { limit: Int, cursor: String @cost(weight: 6) }
  input Filter { named: String, heavy: Heavy @cost(weight: 20), inner: Filter, all: [Filter!] }
  input Heavy { a: Int }
  scalar Picture @cost(weight: 8)
  enum Mood @cost(weight: 3) { GLAD SAD }
  type Item @key(fields: "id") { id: ID! name: String picture: Picture mood: Mood shelf: Shelf parts: [Item!]! @listSize(assumedSize: 5) }
  type Shelf @cost(weight: 4) { id: ID! row: Int dear: Int @cost(weight: 50) }
  type Catalogue { items: [Item!]! labels: [String!]! others: [Item!]! }
  type ItemConnection { nodes: [Item!]! edges: [ItemEdge!]! total: Int }
  type ItemEdge { node: Item! }
  type Report @cost(weight: 40) { text: String }
  union Found = Item | Report
  interface Thing { thing: Thing others: [Thing!]! @listSize(assumedSize: 2) }
  type Hat implements Thing { thing: Thing others: [Thing!]! brim: Shelf }
  type Cap implements Thing { thing: Thing others: [Thing!]! }`;

const REVIEWS = `${federation('@key', '@cost', '@listSize')}
  type Item @key(fields: "id") { id: ID! reviews(first: Int = 2): [Review!]! @listSize(slicingArguments: ["first"]) }
  type Review { stars: Int }`;

let gateway: GatewayHere;
const services: SubgraphService[] = [];

beforeAll(async () => {
  const items = (_: unknown, { first = 1 }: { first?: number }): object[] =>
    Array.from({ length: first }, (_one, at) => ({ id: String(at), name: `item ${at}` }));
  services.push(
    await subgraphService({ sdl: SHOP, resolvers: { Query: { items, item: () => ({ id: '1', name: 'one' }) } } }),
    await subgraphService({ sdl: REVIEWS, resolvers: { Item: { reviews: () => [{ stars: 3 }] } } }),
  );
  gateway = await gatewayHere({ config: { costMax: COST_MAX } });
  const outcome = await gateway.publish([
    remoteFolder('shop', services[0]!.url, SHOP),
    remoteFolder('reviews', services[1]!.url, REVIEWS),
    folderOf({ domain: 'network', name: 'airports', properties: ['{ name: town, logicalType: string }'] }),
  ]);
  expect(outcome).toMatchObject({ __typename: 'Published', findings: [] });
});
afterAll(async () => {
  await gateway.close();
  for (const service of services) await service.close();
});
beforeEach(() => {
  for (const { asked } of services) asked.length = 0;
});

const asked = (): number => services.reduce((sum, service) => sum + service.asked.length, 0);

/** The cost that a refusal names, of an operation that is made dear enough to be refused. */
async function costOf(fields: string, variables: object = {}, head = 'query'): Promise<number> {
  const { errors } = await gateway.ask(`${head} { ${fields} ballast: strict(first: 100000) { id } }`, variables);
  expect(errors).toHaveLength(1);
  expect(errors![0]!.extensions['code']).toBe('COST_EXCEEDED');
  return Number(/cost of (\d+)/.exec(errors![0]!.message)![1]) - 100_000;
}

test.each<[string, string, number, object?, string?]>([
  ['an object is 1, its scalars nothing', 'item(id: 1) { id name }', 1],
  ['objects within objects are added up', 'item(id: 1) { shelf { row } }', 5],
  ['types, scalars and enums weigh what @cost says', 'item(id: 1) { picture mood }', 1 + 8 + 3],
  ['so do fields, in place of their type', 'item(id: 1) { shelf { dear } }', 1 + 4 + 50],
  ['a list is as long as its slicing argument', 'items(first: 3) { id }', 3],
  ['the larger of two', 'items(first: 3, last: 8) { id }', 8],
  ['as a variable says', 'items(first: $n) { shelf { row } }', 7 * 5, { n: 7 }, 'query ($n: Int)'],
  ['as long as it is assumed, where none is given', 'items { id }', 30],
  ['nor by a variable that is not there', 'items(first: $n) { id }', 30, {}, 'query ($n: Int)'],
  ['or null', 'items(first: $n) { id }', 30, { n: null }, 'query ($n: Int)'],
  ['as a variable’s default says', 'items(first: $n) { id }', 9, {}, 'query ($n: Int = 9)'],
  ['as an argument’s default says', 'some { id }', 7],
  ['50 where nothing is said', 'usual { id }', 50],
  ['as `first` says where there is no @listSize', 'some(first: 2) { id }', 2],
  ['lists in lists are multiplied', 'items(first: 3) { parts { id } }', 3 * (1 + 5)],
  ['an input costs 1', 'within(paging: { limit: 6 }) { id }', 1 + 4],
  ['by a variable', 'within(paging: $p) { id }', 1 + 6 + 4, { p: { limit: 9, cursor: 'x' } }, 'query ($p: Paging)'],
  ['by a variable within', 'within(paging: { cursor: $c }) { id }', 1 + 6 + 4, { c: 'x' }, 'query ($c: String)'],
  ['sizedFields: the lists below', 'catalogue(count: 4) { items { id } labels others { id } }', 1 + 4 + 50],
  ['connections', 'pages(first: 6) { nodes { id } edges { node { id } } total }', 1 + 6 + 12],
  ['arguments weigh what @cost says', 'search(text: "x") { __typename }', 5 + 10 * 40],
  ['enums as arguments too', 'search(mood: SAD) { ... on Item { id } }', 3 + 10 * 40],
  ['inputs, and their fields', 'within(filter: { named: "x", heavy: { a: 1 } }) { id }', 1 + 20 + 4],
  ['inputs in inputs', 'within(filter: { inner: {}, all: [{}, {}] }) { id }', 4 + 4],
  [
    'of a union the dearest member',
    'search { ... on Item { parts { shelf { row } } } ... on Report { text } }',
    10 * 40,
  ],
  ['of whatever it is', 'search { ... on Item { parts { shelf { row dear } } } }', 10 * (1 + 5 * 55)],
  ['of an interface too', 'thing { thing { ... on Hat { brim { row } } ... on Cap { __typename } } }', 1 + 1 + 4],
  ['what stands twice counts once', 'item(id: 1) { shelf { row } shelf { id } ...F }', 5],
  ['under two names it counts twice', 'a: item(id: 1) { id } b: item(id: 1) { id }', 2],
  ['what is skipped costs nothing', 'item(id: 1) { shelf @skip(if: true) { row } id }', 1],
  [
    'by a variable, in one form',
    'item(id: 1) { id shelf @include(if: $y) { row } }',
    1,
    { y: false },
    'query ($y: Boolean!)',
  ],
  ['and in the other', 'item(id: 1) { id shelf @include(if: $y) { row } }', 5, { y: true }, 'query ($y: Boolean!)'],
  ['fields of two services', 'items(first: 3) { reviews(first: 4) { stars } }', 3 * (1 + 4)],
  ['no list is shorter than nothing', 'items(first: -5) { id }', 0],
])('%s: %s costs %d', async (...[, fields, cost, variables, head]) => {
  const withFragment = fields.includes('...F');
  const text = withFragment ? fields.replace('...F', '... on Item { shelf { row } }') : fields;
  expect(await costOf(text, variables, head)).toBe(cost);
  expect(asked()).toBe(0);
});

test('a mutation costs 10 more', async () => {
  const { errors } = await gateway.ask(`mutation { add(input: { all: [${'{}, '.repeat(1_000)}] }) { id } }`);
  expect(errors![0]!.message).toContain(`cost of ${10 + 1 + 1_001}; the limit is ${COST_MAX}`);
  expect(asked()).toBe(0);
});

test('what costs too much is refused as a whole, before anything is fetched: by its status, its code, and both numbers', async () => {
  const over = await gateway.ask('{ items(first: 1001) { id name } }');
  expect(over.status).toBe(400);
  expect(over.data).toBeUndefined();
  expect(over.errors).toMatchObject([{ extensions: { code: 'COST_EXCEEDED', retry: false } }]);
  expect(over.errors![0]!.message).toMatch(/cost of 1001; the limit is 1000/);
  expect(asked()).toBe(0);
  const within = await gateway.ask('{ items(first: 1000) { id } }');
  expect(within.errors).toBeUndefined();
  expect(within.data.items).toHaveLength(1_000);
});

test('the same operation is refused or answered as its variables have it', async () => {
  const ask = (n: number): Promise<Answer> =>
    gateway.ask('query ($n: Int) { items(first: $n) { name reviews { stars } } }', { n });
  expect((await ask(2)).data.items).toHaveLength(2);
  expect((await ask(400)).errors).toMatchObject([{ extensions: { code: 'COST_EXCEEDED' } }]);
  expect((await ask(3)).data.items).toHaveLength(3);
});

test('in forms that Apollo Server alone takes it is refused as well', async () => {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query: '{ items(first: 1001) { id } }' }),
  });
  const { errors } = (await response.json()) as Answer;
  expect(errors).toMatchObject([{ extensions: { code: 'COST_EXCEEDED' } }]);
  expect(asked()).toBe(0);
});

test('a list that must be given one slicing argument is given none, or two: refused', async () => {
  for (const [args, count] of [
    ['', 0],
    ['(first: null)', 0],
    ['(first: 1, last: 1)', 2],
  ] as const) {
    const { errors } = await gateway.ask(`{ strict${args} { id } }`);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_INPUT' } }]);
    expect(errors![0]!.message).toContain(`Query.strict is given ${count}`);
  }
  expect(asked()).toBe(0);
});

test('a variable that is none of its type is told as that', async () => {
  const { errors } = await gateway.ask('query ($n: Int) { items(first: $n) { id } }', { n: 'many' });
  expect(errors![0]!.message).toMatch(/\$n.*Int/);
});

test('cases of types within cases, exponentially many, are refused and hold nobody up', async () => {
  // Which of the chains are gone down depends on the type at each of twenty levels.
  const chain = (at: number): string => {
    const level = (depth: number): string => {
      const inner = depth === 20 ? 'thing { __typename }' : `thing { ${level(depth + 1)} }`;
      return depth === at ? `... on Hat { ${inner} }` : inner;
    };
    return level(0);
  };
  const chains = Array.from({ length: 20 }, (_, at) => chain(at)).join(' ');
  const { errors } = await gateway.ask(`{ thing { ${chains} } }`);
  expect(errors).toMatchObject([{ extensions: { code: 'COST_EXCEEDED' } }]);
  expect(errors![0]!.message).toContain('more cases of types than can be estimated');
});

describe('whoever has the admin key', () => {
  const plan = async (query: string, variables: object = {}): Promise<Tree> => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer weft_admin_of_this_test' },
      body: JSON.stringify({ query, variables, extensions: { plan: true } }),
    });
    return ((await response.json()) as Tree).extensions.plan;
  };

  test('is not refused, and is shown the estimate', async () => {
    expect(await plan('{ items(first: 1200) { id } }')).toMatchObject({ path: 'planned', cost: 1_200 });
  });

  test('also of managed operations, which no cost limits', async () => {
    expect(await plan('{ airports(first: 1000) { nodes { id } } airport(id: "a") { id } }')).toMatchObject({
      path: 'managed',
      cost: 1 + 1_000 + 1,
    });
    expect(await plan('query ($n: Int) { airports(first: $n) { edges { node { id } } } }', {})).toMatchObject({
      cost: 1 + 100,
    });
    const { errors } = await gateway.ask('{ airports(first: 1000) { nodes { id } edges { node { id } } } }');
    expect(errors).toBeUndefined();
  });
});

test('estimates are in the metrics', async () => {
  const metrics = async (): Promise<number> => {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    return Number(/^weft_operation_estimated_cost_bucket\{le="10"\} (\d+)$/m.exec(text)![1]);
  };
  const before = await metrics();
  await gateway.ask('{ items(first: 4) { id } }');
  await gateway.ask('{ airports(first: 4) { nodes { id } } }');
  expect(await metrics()).toBe(before + 1);
});

test('without a limit nothing is refused, and slicing arguments are nobody’s duty but the service’s', async () => {
  const free = await gatewayHere({ database: gateway.database });
  try {
    const { data, errors } = await free.ask('{ items(first: 2000) { id } }');
    expect(errors).toBeUndefined();
    expect(data.items).toHaveLength(2_000);
    await free.ask('{ strict { id } }');
    expect(services[0]!.asked.at(-1)!.query).toContain('strict');
    expect(await (await fetch(`${free.url}/metrics`)).text()).toContain('weft_operation_estimated_cost_count 0');
  } finally {
    await free.close();
  }
});
