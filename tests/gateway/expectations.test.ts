import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { type Answer, gatewayHere, type GatewayHere } from './gateway-here.ts';
import { folderOf, remoteFolder } from './product-text.ts';

let gateway: GatewayHere;

beforeAll(async () => {
  gateway = await gatewayHere();
  const sdl = 'type Query { mood: Mood } type Mood { now: Int! }';
  const properties = ['{ name: city, logicalType: string }'];
  await gateway.publish([
    folderOf({ domain: 'network', name: 'airports', properties }),
    remoteFolder('moods', 'http://127.0.0.1:9/', sdl),
  ]);
  const columns = 'id text primary key, city text';
  await gateway.load('network/airports', 'airports', columns, "values ('OSL', 'Oslo'), ('SEA', 'Seattle')");
});
afterAll(() => gateway.close());

const SUBSCRIBE = `mutation ($operations: [RegisteredOperationInput!]!) {
  subscribe(product: "network/airports", operations: $operations) {
    operations { name variables expects } findings { code severity message path }
  }
}`;
const CITY = 'query ($city: String!) { airports(where: { city: { eq: $city } }) { nodes { id } } }';

/** Until what was loaded is served. */
async function subscribed(operation: object): Promise<Answer> {
  while ((await gateway.ask('{ airports { totalCount } }')).data.airports.totalCount === '0');
  return gateway.order(SUBSCRIBE, { operations: [{ name: 'city', text: CITY, ...operation }] });
}

const met = { atLeast: { 'airports.nodes': 1 }, partOf: { airports: { nodes: [{ id: 'OSL' }] } } };

test('what is expected of an operation is kept with it, and told as it was sent', async () => {
  const variables = { city: 'Oslo' };
  const { data, errors } = await subscribed({ variables, expects: met });
  expect(errors).toBeUndefined();
  const operations = [{ name: 'city', variables, expects: met }];
  expect(data.subscribe).toEqual({ operations, findings: [] });
  const kept = await gateway.order('{ me { subscriptions { operations { name variables expects } } } }');
  expect(kept.data.me.subscriptions).toEqual([{ operations }]);
});

test.each<[string, object, string]>([
  ['an unknown word', { expects: { atMost: 1 } }, 'Unrecognized key'],
  ['nothing', { expects: {} }, 'It expects nothing'],
  ['no object', { expects: 'rows' }, 'does not read'],
  ['variables that are a list', { variables: ['Oslo'] }, 'no object of values by name'],
  ['what it lacks the variables for', { expects: { errors: 'none' } }, '$city'],
  ['more rows than there are', { variables: { city: 'Oslo' }, expects: { atLeast: 2 } }, 'found 1'],
  ['a list that it does not ask for', { variables: { city: 'x' }, expects: { atLeast: { rows: 0 } } }, 'found no list'],
  ['what is not there', { variables: { city: 'Seattle' }, expects: met }, 'expected {"id":"OSL"} in airports.nodes'],
])('an operation that expects %s is not registered', async (_what, operation, says) => {
  const { errors } = await subscribed(operation);
  expect(errors).toMatchObject([
    {
      extensions: {
        code: 'OPERATION_INVALID',
        findings: expect.arrayContaining([expect.objectContaining({ message: expect.stringContaining(says) })]),
      },
    },
  ]);
});

test('what asks for more than managed products is registered with a warning that it is not asked', async () => {
  const text = '{ airports { nodes { id } } mood { now } }';
  const { data } = await subscribed({ text, expects: { atLeast: 1 } });
  expect(data.subscribe.findings).toMatchObject([
    { code: 'OPERATION_INVALID', severity: 'WARNING', message: expect.stringContaining('it is only validated') },
  ]);
});
