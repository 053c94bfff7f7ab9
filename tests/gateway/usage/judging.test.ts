import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayHere, type GatewayHere } from '../gateway-here.ts';
import { folderOf } from '../product-text.ts';

let gateway: GatewayHere;
let reports: string;

const NAME = '{ name: name, logicalType: string }';
const CITY = '{ name: city, logicalType: string }';
const airports = (version: string, ...properties: string[]) =>
  folderOf({ domain: 'network', name: 'airports', properties, version });

beforeAll(async () => {
  gateway = await gatewayHere({ config: { usageDays: 30 } });
  await gateway.publish([airports('1.0.0', NAME, CITY)]);
  const { data } = await gateway.order('mutation { createApiKey(consumer: "reports", role: CONSUMER) { key } }');
  reports = data.createApiKey.key as string;
  const headers = { authorization: `Bearer ${reports}` };
  await gateway.ask('query Names { airports { nodes { name } } }', {}, headers);
  const given = 'query Given($where: AirportWhere) { airports(where: $where) { totalCount } }';
  await gateway.ask(given, { where: { name: { eq: 'x' } } }, headers);
  for (;;) {
    const { rows } = await gateway.database.pool.query(`select 1 from weft.operation_usage where consumer = 'reports'`);
    if (rows.length === 2) break;
    await sleep(50);
  }
});
afterAll(() => gateway.close());

/** As if the last use were so many days ago. */
async function age(days: number): Promise<void> {
  for (const table of ['operation_usage', 'coordinate_usage']) {
    // What was written late lies in a day of its own by now: only one of them can be moved.
    await gateway.database.pool.query(`delete from weft.${table} where day < (select max(day) from weft.${table})`);
    await gateway.database.pool.query(
      `update weft.${table} set day = (now() at time zone 'utc')::date - $1::int, last_at = now() - make_interval(days => $1) - interval '1 minute'`,
      [days],
    );
  }
}

test('a breaking change that is in use is refused, naming consumer, operation, count and last use', async () => {
  for (const check of [true, false]) {
    const outcome = await gateway.publish([airports('2.0.0', CITY)], { check });
    expect(outcome).toMatchObject({ __typename: 'Rejected', code: 'CONTRACT_BREAKING' });
    const said = outcome.findings.filter(({ code }) => code === 'CHANGE_IN_USE').map(({ message }) => message);
    expect(said.join('\n')).toMatch(/Airport\.name/);
    expect(said.join('\n')).toMatch(/AirportWhere\.name/);
    expect(said.join('\n')).toMatch(/reports \(.*Names, 1 times, last 20\d\d-.*Z/);
    expect(said.join('\n')).toMatch(/Given, 1 times/);
  }
});

test('one that nobody uses passes', async () => {
  expect((await gateway.publish([airports('2.0.0', NAME)], { check: true })).__typename).toBe('Published');
});

test('within the window it is refused, after it it passes', async () => {
  await age(29);
  expect((await gateway.publish([airports('2.0.0', CITY)], { check: true })).code).toBe('CONTRACT_BREAKING');
  await age(30);
  expect((await gateway.publish([airports('2.0.0', CITY)], { check: true })).__typename).toBe('Published');
});

test('what a registered operation uses is in use, whenever it was asked', async () => {
  const subscribe = `mutation { subscribe(product: "network/airports", operations: [{ name: "cities.graphql", text: "{ airports { nodes { city } } }" }]) { consumer } }`;
  await gateway.ask(subscribe, {}, { authorization: `Bearer ${reports}` });
  const outcome = await gateway.publish([airports('3.0.0', NAME)], { check: true });
  expect(outcome.code).toBe('CONTRACT_BREAKING');
  expect(outcome.findings.map(({ message }) => message).join('\n')).toContain('reports (cities.graphql, registered)');
  expect(outcome.findings.map(({ code }) => code)).toContain('CONSUMER_BROKEN');
});
