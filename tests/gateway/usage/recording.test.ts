import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { federation } from '../federation/subgraph-service.ts';
import { gatewayHere, type GatewayHere } from '../gateway-here.ts';
import { type EventService, eventService } from '../live/event-service.ts';
import { streamClient } from '../live/stream-client.ts';
import { folderOf, remoteFolder } from '../product-text.ts';

const CLOCK = `${federation('@key')}
  type Query { now(zone: Zone, at: At): Int! }
  enum Zone { UTC CET }
  input At { zone: Zone, days: [At!] }
  type Subscription { ticked: Int! }`;

const AIRPORTS = folderOf({
  domain: 'network',
  name: 'airports',
  properties: [
    '{ name: name, logicalType: string }',
    '{ name: kind, logicalType: string, logicalTypeOptions: { }, customProperties: [], quality: [{ metric: invalidValues, arguments: { validValues: [BIG, SMALL] }, mustBe: 0 }] }',
  ],
});

let database: TestDatabase;
let one: GatewayHere;
let other: GatewayHere;
let clock: EventService;
const keys: Record<string, string> = {};

beforeAll(async () => {
  clock = await eventService({ sdl: CLOCK, resolvers: { Query: { now: () => 12 } } });
  database = await cloneDatabase();
  one = await gatewayHere({ database, config: { answerCacheBytes: 1e6 } });
  await one.publish([AIRPORTS, remoteFolder('clock', clock.url, CLOCK)]);
  other = await gatewayHere({ database });
});
afterAll(async () => {
  await Promise.all([one.close(), other.close()]);
  await clock.close();
  await database.drop();
});

/** Asks as a consumer of its own, made on the way. */
async function ask(
  consumer: string,
  query: string,
  variables: object = {},
  headers: Record<string, string> = {},
  gateway = one,
) {
  if (keys[consumer] === undefined) {
    const { data } = await one.order(`mutation { createApiKey(consumer: "${consumer}", role: CONSUMER) { key } }`);
    keys[consumer] = data.createApiKey.key;
  }
  const authorization = `Bearer ${keys[consumer]!}`;
  for (;;) {
    const answer = await gateway.ask(query, variables, { authorization, ...headers });
    // Another gateway hears of a key in a moment.
    if (answer.status !== 401) return answer;
    await sleep(20);
  }
}

/** `coordinate: calls`, of what stands in the text and what came besides. */
async function used(consumer: string, calls: number): Promise<Record<string, number>> {
  const until = Date.now() + 20_000;
  for (;;) {
    const { rows: counted } = await database.pool.query<{ calls: number }>(
      'select coalesce(sum(calls), 0)::int as calls from weft.operation_usage where consumer = $1',
      [consumer],
    );
    if (counted[0]!.calls >= calls) {
      expect(counted[0]!.calls).toBe(calls);
      break;
    }
    await sleep(100);
    if (Date.now() > until) throw new Error(`${counted[0]!.calls} calls of ${consumer}, not ${calls}.`);
  }
  const { rows } = await database.pool.query<{ coordinate: string; calls: number }>(
    `select coordinate, sum(calls)::int as calls from (
       select unnest(coordinates) as coordinate, calls from weft.operation_usage
         join weft.used_operations on hash = operation where consumer = $1
       union all select coordinate, calls from weft.coordinate_usage where consumer = $1) as every
      group by coordinate order by coordinate`,
    [consumer],
  );
  return Object.fromEntries(rows.map((row) => [row.coordinate, row.calls]));
}

test('a fused query counts with what stands in it, however often it is answered from what is kept', async () => {
  const query = 'query Names { airports(where: { name: { eq: "x" } }, first: 3) { nodes { name } } }';
  for (let times = 0; times < 4; times += 1) expect((await ask('fused', query)).errors).toBeUndefined();
  await ask('fused', query.replace('"x"', '"y"').replace('3', '4'));
  expect(await used('fused', 5)).toEqual({
    'Airport.name': 5,
    'AirportConnection.nodes': 5,
    'AirportWhere.name': 5,
    'Query.airports': 5,
    'Query.airports(first:)': 5,
    'Query.airports(where:)': 5,
    'StringFilter.eq': 5,
  });
  const { rows } = await database.pool.query(
    `select name, type, client_name, client_version, calls::int, errors::int from weft.operation_usage
       join weft.used_operations on hash = operation where consumer = 'fused'`,
  );
  expect(rows).toEqual([{ name: 'Names', type: 'query', client_name: '', client_version: '', calls: 5, errors: 0 }]);
});

test('a planned query counts for each who shares its answer', async () => {
  const query = '{ now airports { totalCount } }';
  await Promise.all(Array.from({ length: 6 }, () => ask('planned', query)));
  expect(await used('planned', 6)).toEqual({
    'AirportConnection.totalCount': 6,
    'Query.airports': 6,
    'Query.now': 6,
  });
});

test('input fields and enum values that come in variables count, those in defaults and texts too', async () => {
  const query = 'query ($zone: Zone = UTC, $at: At) { now(zone: $zone, at: $at) later: now(zone: CET) }';
  await ask('variables', query, { zone: 'CET', at: { zone: 'UTC', days: [{ zone: 'CET' }, {}] } });
  await ask('variables', query, { at: null });
  expect(await used('variables', 2)).toEqual({
    At: 2,
    'At.days': 1,
    'At.zone': 2,
    'Query.now': 2,
    'Query.now(at:)': 2,
    'Query.now(zone:)': 2,
    Zone: 2,
    'Zone.CET': 4,
    'Zone.UTC': 3,
  });
});

test('what is wrong with a request counts as an error, and what is no operation of the graph not at all', async () => {
  await ask('wrong', '{ nowhere }');
  await ask('wrong', '{ __schema { queryType { name } } }');
  await ask('wrong', 'query ($zone: Zone) { now(zone: $zone) }', { zone: 'MOON' });
  await used('wrong', 1);
  const { rows } = await database.pool.query(`select errors::int from weft.operation_usage where consumer = 'wrong'`);
  expect(rows).toEqual([{ errors: 1 }]);
});

test('what Apollo Server answers counts, with the name and version of the client', async () => {
  const headers = {
    accept: 'application/graphql-response+json',
    'apollographql-client-name': 'board',
    'apollographql-client-version': '1.2',
  };
  await ask('apollo', '{ now }', {}, headers);
  await ask('apollo', '{ airports { totalCount } }', {}, { 'graphql-client-name': 'script' });
  await used('apollo', 2);
  const { rows } = await database.pool.query(
    `select client_name, client_version from weft.operation_usage where consumer = 'apollo' order by 1`,
  );
  expect(rows).toEqual([
    { client_name: 'board', client_version: '1.2' },
    { client_name: 'script', client_version: '' },
  ]);
});

test('a subscription counts when it begins and for each event; one under way is in use', async () => {
  await ask('listener', '{ now }');
  const client = await streamClient(one.url, 'subscription Ticks { ticked }', {
    headers: { authorization: `Bearer ${keys['listener']!}` },
  });
  await clock.heardBy(1);
  clock.emit(1);
  clock.emit(2);
  await client.next();
  await client.next();
  expect(await used('listener', 4)).toEqual({ 'Query.now': 1, 'Subscription.ticked': 3 });
  const lastUse = async (): Promise<number> => {
    const { rows } = await database.pool.query<{ at: Date }>(
      `select max(last_at) as at from weft.operation_usage join weft.used_operations on hash = operation
        where consumer = 'listener' and type = 'subscription'`,
    );
    return rows[0]!.at.getTime();
  };
  const before = await lastUse();
  while ((await lastUse()) <= before) await sleep(100);
  client.leave();
});

test('two gateways add up', async () => {
  for (const gateway of [one, other, other]) await ask('both', '{ airports { nodes { id } } }', {}, {}, gateway);
  expect(await used('both', 3)).toMatchObject({ 'Airport.id': 3 });
});

test('the owners of a product see who uses what of it; others see themselves', async () => {
  await ask('seen', 'query Seen { now airports { nodes { name } } }');
  await used('seen', 1);
  const report =
    'query ($id: ID!) { dataProduct(id: $id) { usageReport(first: 1000) { coordinate consumer operationName calls lastUsed } } }';
  const { data } = await one.order(report, { id: 'network/airports' });
  const uses: { coordinate: string; consumer: string }[] = data.dataProduct.usageReport;
  expect(uses).toContainEqual(
    expect.objectContaining({ coordinate: 'Airport.name', consumer: 'seen', operationName: 'Seen', calls: 1 }),
  );
  expect(uses.some(({ consumer }) => consumer === 'fused')).toBe(true);
  // `StringFilter` is everybody's, and the clock another product.
  expect(uses.filter(({ coordinate }) => /^StringFilter|Query\.now/.test(coordinate))).toEqual([]);
  const theirs = await ask('seen', report, { id: 'network/airports' });
  expect(theirs.data.dataProduct.usageReport.map(({ consumer }: { consumer: string }) => consumer)).toEqual(
    ['Airport.name', 'AirportConnection.nodes', 'Query.airports'].map(() => 'seen'),
  );
  expect((await one.ask(report, { id: 'network/airports' })).data.dataProduct.usageReport).toEqual([]);
  const clocks = await one.order(report, { id: 'elsewhere/clock' });
  expect(clocks.data.dataProduct.usageReport).toContainEqual(
    expect.objectContaining({ coordinate: 'Zone.CET', consumer: 'variables', calls: 2 }),
  );
});
