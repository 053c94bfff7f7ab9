import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type GatewayHere, gatewayHere, KEY, type Tree } from './gateway-here.ts';
import { type SubgraphService, subgraphService } from './federation/subgraph-service.ts';
import { remoteFolder } from './product-text.ts';

const FEDERATION = '@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';
const SPOTS = `extend schema ${FEDERATION} type Query { spots: [Spot!]! } type Spot @key(fields: "id") { id: ID! name: String! }`;
const VISITS = `extend schema ${FEDERATION} type Spot @key(fields: "id") { id: ID! visits: Int }`;

let gateway: GatewayHere;
let services: SubgraphService[];
beforeAll(async () => {
  services = [
    await subgraphService({
      sdl: SPOTS,
      resolvers: { Query: { spots: () => [{ id: '1', name: 'Alpha' }, { id: '2' }] } },
    }),
    await subgraphService({
      sdl: VISITS,
      resolvers: { Spot: { __resolveReference: ({ id }: { id: string }) => ({ id, visits: 10 * Number(id) }) } },
    }),
  ];
  gateway = await gatewayHere();
  const folders = [remoteFolder('spots', services[0]!.url, SPOTS), remoteFolder('visits', services[1]!.url, VISITS)];
  expect(await gateway.publish(folders)).toMatchObject({ __typename: 'Published' });
});
afterAll(async () => {
  await gateway.close();
  await Promise.all(services.map((service) => service.close()));
});

async function answered(query: string, stock: boolean, headers: Record<string, string>): Promise<Tree> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, ...(stock && { extensions: { stock: true } }) }),
  });
  return response.json();
}

const ADMIN = { authorization: `Bearer ${KEY}` };
/** Who asked the services, and for what: the two executors ask in words of their own. */
const asked = (): string[] => services.flatMap((service) => service.asked.splice(0).map(({ query }) => query));

test.each([
  '{ domains { id } dataProducts { nodes { id version } } }',
  '{ __type(name: "Spot") { fields { name } } }',
  '{ spots { visits } }',
])('an admin may hold the answer of the stock gateway against ours: %s', async (query) => {
  const ours = await answered(query, false, ADMIN);
  const stocks = await answered(query, true, ADMIN);
  expect(stocks.data).toEqual(ours.data);
  expect(stocks.errors).toEqual(ours.errors);
});

test('it is the stock gateway that asks the services then, and for nobody else', async () => {
  asked();
  await answered('{ spots { id visits } }', false, ADMIN);
  const ours = asked();
  await answered('{ spots { id visits } }', true, {});
  expect(asked()).toEqual(ours);
  await answered('{ spots { id visits } }', true, ADMIN);
  const stocks = asked();
  expect(stocks).toHaveLength(ours.length);
  expect(stocks).not.toEqual(ours);
});

test('where a value is missing that must be there, both say so at the same place', async () => {
  const [ours, stocks] = [
    await answered('{ spots { name } }', false, ADMIN),
    await answered('{ spots { name } }', true, ADMIN),
  ];
  expect(stocks.data).toEqual(ours.data);
  expect(stocks.errors[0].path).toEqual(ours.errors[0].path);
});

test('it follows the graph', async () => {
  const more = `${SPOTS} extend type Spot { height: Int }`;
  expect(await gateway.publish([remoteFolder('spots', services[0]!.url, more)])).toMatchObject({
    __typename: 'Published',
  });
  const { data } = await answered('{ __type(name: "Spot") { fields { name } } }', true, ADMIN);
  expect(data.__type.fields).toContainEqual({ name: 'height' });
});
