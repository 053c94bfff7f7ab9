import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'graphql';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ProductFolder } from '../../../gateway/publishing/read-folders.ts';
import { compose } from '../../../schema/composition/compose.ts';
import { readProduct } from '../../../schema/contract/read.ts';
import { columnList, columnType } from '../../../schema/contract/tables.ts';
import { quoted } from '../../../schema/ids.ts';
import { type SubgraphService, subgraphService } from '../../gateway/federation/subgraph-service.ts';
import { gatewayHere, type GatewayHere, type Outcome, type Tree } from '../../gateway/gateway-here.ts';
import { edited, remoteFolder } from '../../gateway/product-text.ts';
import { STAND_INS } from './compatibility/stand-ins.ts';

const CONTRACTS = fileURLToPath(new URL('./compatibility', import.meta.url));
const ADMIN = { authorization: 'Bearer weft_admin_of_this_test' };
/** What the shop's contracts refer to of the users' service. */
const USERS_SCHEMA =
  'schema: [{ name: users, properties: [{ name: email, logicalType: string, primaryKey: true, primaryKeyPosition: 1 }] }]';

let weft: GatewayHere;
let published: Outcome;
let stock: ApolloGateway;
/** Where the shop's subgraph is served, as the exported supergraph says. */
let address: string;
const services = new Map<string, SubgraphService>();

beforeAll(async () => {
  for (const [name, text] of Object.entries(STAND_INS)) services.set(name, await subgraphService(text));
  weft = await gatewayHere();
  const remote = Object.entries(STAND_INS).map(([name, { sdl }]) => remoteFolder(name, services.get(name)!.url, sdl));
  const folders = ['products', 'variations', 'deprecated-products'].map(contractFolder);
  published = await weft.publish([
    ...folders,
    ...remote.map((folder) =>
      folder.name === 'users'
        ? edited(folder, 'graph.odcs.yaml', (text) => text.replace('schema: []', USERS_SCHEMA))
        : folder,
    ),
  ]);
  for (const folder of folders) await load(folder);

  const exported = await (await fetch(`${weft.url}/supergraph.graphql`)).text();
  address = /@join__graph\(name: "shop", url: "([^"]+)"\)/.exec(exported)![1]!;
  stock = await stockGateway();
});
afterAll(async () => {
  await stock.stop();
  await weft.close();
  for (const service of services.values()) await service.close();
});

function contractFolder(name: string): ProductFolder {
  const files = readdirSync(`${CONTRACTS}/${name}`).map((path) => ({
    path,
    text: readFileSync(`${CONTRACTS}/${name}/${path}`, 'utf8'),
  }));
  return { name, files };
}

/** Makes the rows of its `transform.sql` the product's data. */
async function load({ name, files }: ProductFolder): Promise<void> {
  const object = readProduct(files, { folder: name }).product!.objects[0]!;
  const columns = object.properties.map((property) => `${quoted(property.column)} ${columnType(property)}`);
  const sql = files.find(({ path }) => path === 'transform.sql')!.text;
  await weft.load(
    `shop/${name}`,
    object.name,
    `${columns.join(', ')}, primary key (${columnList(object.key)})`,
    `select ${columnList(object.properties)} from (${sql}) as made`,
  );
}

/** @apollo/gateway over the shop's subgraph and the services, each asked for its own SDL, all over HTTP. */
async function stockGateway(): Promise<ApolloGateway> {
  const urls = { shop: address, ...Object.fromEntries([...services].map(([name, { url }]) => [name, url])) };
  const subgraphs = await Promise.all(
    Object.entries(urls).map(async ([name, url]) => {
      const { data } = await askAt(url, '{ _service { sdl } }');
      return { name, url, sdl: data._service.sdl as string };
    }),
  );
  const composed = compose(subgraphs);
  if (!composed.composes) throw new Error(JSON.stringify(composed.errors));
  const gateway = new ApolloGateway({
    supergraphSdl: composed.sdl,
    buildService: ({ name, url }) =>
      new RemoteGraphQLDataSource({
        url: url!,
        willSendRequest: ({ request }) => {
          if (name === 'shop') request.http?.headers.set('authorization', ADMIN.authorization);
        },
      }),
  });
  await gateway.load();
  return gateway;
}

async function askAt(url: string, query: string, variables: object = {}): Promise<Tree> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...ADMIN },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

async function askStock(query: string, variables: Record<string, unknown>): Promise<Tree> {
  const cache = { get: async () => undefined, set: async () => undefined, delete: async () => true };
  const request = {
    document: parse(query),
    request: { query, variables },
    queryHash: query,
    operationName: null,
    context: {},
    cache,
  };
  const { data, errors } = await stock.executor(request as unknown as Parameters<typeof stock.executor>[0]);
  return JSON.parse(JSON.stringify({ data, errors }));
}

test('contracts and services are one graph; a tag that the graph cannot have is told of', () => {
  expect(published).toMatchObject({
    __typename: 'Published',
    findings: [{ code: 'TAG_NAME', severity: 'WARNING', file: 'products/out.odcs.yaml' }],
  });
});

describe('the SDL that the subgraph says', () => {
  let sdl: string;
  beforeAll(async () => {
    sdl = (await askAt(address, '{ _service { sdl } }')).data._service.sdl;
  });

  test('links the first version of Federation 2, with what it uses of it', () => {
    expect(sdl).toMatch(
      /@link\(url: "https:\/\/specs\.apollo\.dev\/federation\/v2\.0", import: \["@key", "@shareable", "@tag"\]\)/,
    );
  });

  test.each([
    ['a key, and a further one by what is required and unique', 'type Product @key(fields: "id") @key(fields: "sku")'],
    ['a key of several fields', 'type DeprecatedProduct @key(fields: "sku package")'],
    ["another service's type by its key", 'type User @key(fields: "email")'],
    ['what domains share', 'type PageInfo @shareable'],
    ['tags of a type', '@key(fields: "sku") @tag(name: "catalogue")'],
    ['tags of a field', 'notes: String @tag(name: "internal")'],
  ])('has %s', (_that, text) => {
    expect(sdl.replace(/\s+/g, ' ')).toContain(text);
  });
});

describe('entities, asked for over HTTP', () => {
  const entities = async (r: readonly object[], selection: string): Promise<Tree> =>
    askAt(address, `query ($r: [_Any!]!) { _entities(representations: $r) { ${selection} } }`, { r });

  test('are found by each key; what is null, unknown or incomplete is null, in its place', async () => {
    const answer = await entities(
      [
        { id: 'kettle' },
        { sku: 'T-1' },
        { id: null, sku: 'S-1' },
        { id: 'gone', sku: 'S-1' },
        { id: 'kettle', sku: 'T-1' },
        { sku: null },
        { sku: 'X-9' },
        { package: 'warm' },
        {},
      ].map((key) => ({ __typename: 'Product', ...key })),
      '... on Product { id sku }',
    );
    const [kettle, teapot, spoon] = [
      { id: 'kettle', sku: 'K-1' },
      { id: 'teapot', sku: 'T-1' },
      { id: 'spoon', sku: 'S-1' },
    ];
    // The key goes before a further one, and is not contradicted by it.
    expect(answer).toEqual({ data: { _entities: [kettle, teapot, spoon, null, kettle, null, null, null, null] } });
  });

  test('of several types in one request, with names and references', async () => {
    const answer = await entities(
      [
        { __typename: 'DeprecatedProduct', package: 'cold', sku: 'K-0' },
        { __typename: 'User', email: 'ada@shop.example' },
        { __typename: 'Product', sku: 'K-1' },
        { __typename: 'DeprecatedProduct', sku: 'K-0' },
        { __typename: 'ProductVariation', id: 'white' },
      ],
      `__typename
       ... on DeprecatedProduct { package reason }
       ... on User { email productsByCreatedBy { nodes { sku } } }
       ... on Product { variation { colour } createdBy { __typename email } }
       ... on ProductVariation { productsByVariation { totalCount } }`,
    );
    expect(answer).toEqual({
      data: {
        _entities: [
          { __typename: 'DeprecatedProduct', package: 'cold', reason: null },
          {
            __typename: 'User',
            email: 'ada@shop.example',
            productsByCreatedBy: { nodes: [{ sku: 'K-1' }] },
          },
          {
            __typename: 'Product',
            variation: { colour: '#00f' },
            createdBy: { __typename: 'User', email: 'ada@shop.example' },
          },
          null,
          { __typename: 'ProductVariation', productsByVariation: { totalCount: '1' } },
        ],
      },
    });
  });

  test('of a type that is none here are an error, not a fault', async () => {
    const { data, errors } = await entities([{ __typename: 'Inventory', id: 'depot' }], '__typename');
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ path: ['_entities'], extensions: { code: 'BAD_INPUT' } }]);
  });
});

describe.each<[string, (query: string, variables: Record<string, unknown>) => Promise<Tree>]>([
  ['a stock @apollo/gateway', askStock],
  ['Weft itself', async (query, variables) => weft.ask(query, variables)],
])('%s joins the subgraph and the services', (_name, ask) => {
  test.each<[string, string, Record<string, unknown>, Tree]>([
    [
      'by what the contract refers to',
      'query ($id: ID!) { product(id: $id) { __typename createdBy { name yearsOfEmployment } variation { colour } } }',
      { id: 'kettle' },
      {
        product: {
          __typename: 'Product',
          createdBy: { name: 'Ada', yearsOfEmployment: 10 },
          variation: { colour: '#00f' },
        },
      },
    ],
    [
      'and back again, from a type that the other service has',
      '{ users { name productsByCreatedBy { nodes { id price } } deprecatedProductsByCreatedBy { nodes { reason } } } }',
      {},
      {
        users: [
          {
            name: 'Ada',
            productsByCreatedBy: { nodes: [{ id: 'kettle', price: 30 }] },
            deprecatedProductsByCreatedBy: { nodes: [{ reason: 'It leaks' }] },
          },
        ],
      },
    ],
    [
      'where a service requires columns, with arguments',
      'query ($zip: String) { products(orderBy: { id: ASC }) { nodes { id delivery(zip: $zip) { estimate } } } }',
      { zip: '0150' },
      {
        products: {
          nodes: [
            { id: 'kettle', delivery: { estimate: 'small, 1 kg to 0150' } },
            { id: 'spoon', delivery: null },
            { id: 'teapot', delivery: { estimate: 'large, 2 kg to 0150' } },
          ],
        },
      },
    ],
    [
      'where a service refers by the key, also to what is not there',
      '{ inventory(id: "depot") { __typename id products { id package delivery(zip: "1") { estimate } } } }',
      {},
      {
        inventory: {
          __typename: 'Depot',
          id: 'depot',
          products: [
            { id: 'teapot', package: '', delivery: { estimate: 'large, 2 kg to 1' } },
            { id: 'kettle', package: 'warm', delivery: { estimate: 'small, 1 kg to 1' } },
            { id: 'gone', package: null, delivery: null },
          ],
        },
      },
    ],
    [
      'where one refers by the further key, and a third is reached through the subgraph',
      '{ cheapest { sku price id package delivery(zip: "2") { estimate } } }',
      {},
      {
        cheapest: [
          { sku: 'S-1', price: 2, id: 'spoon', package: null, delivery: null },
          null,
          { sku: 'K-1', price: 30, id: 'kettle', package: 'warm', delivery: { estimate: 'small, 1 kg to 2' } },
        ],
      },
    ],
    [
      'by a key of two fields, both ways',
      `{ obsolete { package reason replacement { id notes } }
         deprecatedProduct(sku: "K-0", package: "warm") { createdBy { name } replacement { id } } }`,
      {},
      {
        obsolete: [
          { package: 'warm', reason: 'It leaks', replacement: { id: 'kettle', notes: 'dented' } },
          { package: 'cold', reason: null, replacement: null },
        ],
        deprecatedProduct: { createdBy: { name: 'Ada' }, replacement: { id: 'kettle' } },
      },
    ],
    [
      'also by a reference to nobody',
      '{ product(id: "teapot") { createdBy { email name } } spoon: product(id: "spoon") { createdBy { name } } }',
      {},
      { product: { createdBy: { email: 'nobody@shop.example', name: null } }, spoon: { createdBy: null } },
    ],
  ])('%s', async (_that, query, variables, data) => {
    const answer = await ask(query, variables);
    expect({ data: answer.data, errors: answer.errors }).toEqual({ data, errors: undefined });
  });
});

test('a key that a service uses is not taken away', async () => {
  const without = edited(contractFolder('products'), 'out.odcs.yaml', (text) => text.replace(', unique: true', ''));
  const outcome = await weft.publish([without], { check: true });
  expect(outcome).toMatchObject({ __typename: 'Rejected', code: 'DOES_NOT_COMPOSE' });
  expect(outcome.findings).toContainEqual(
    expect.objectContaining({ message: expect.stringContaining('elsewhere/shelf') }),
  );
});
