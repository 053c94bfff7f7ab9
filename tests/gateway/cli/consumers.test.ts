import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { gatewayHere, type GatewayHere } from '../gateway-here.ts';
import { folderOf } from '../product-text.ts';
import { type Ran, weft } from './weft.ts';

const ADMIN = 'weft_admin_of_this_test';
const cwd = mkdtempSync(join(tmpdir(), 'weft-queries-'));
const keys: Record<string, string> = {};
let gateway: GatewayHere;

const as = (key: string, ...args: string[]): Promise<Ran> =>
  weft(args, { cwd, env: { WEFT_URL: gateway.url, WEFT_KEY: key } });

// The tests go on from one another, as a consumer does.
beforeAll(async () => {
  gateway = await gatewayHere();
  const properties = [
    '{ name: name, logicalType: string, deprecated: true, customProperties: [{ property: deprecationReason, value: Ask for the city. }] }',
  ];
  await gateway.publish([folderOf({ domain: 'network', name: 'airports', properties })]);
  mkdirSync(join(cwd, 'queries', 'weekly'), { recursive: true });
  writeFileSync(join(cwd, 'queries', 'all.graphql'), '{ airports { totalCount } }');
  writeFileSync(join(cwd, 'queries', 'weekly', 'ids.graphql'), '{ airports { nodes { id } } }');
});
afterAll(() => gateway.close());

test('a key is made, alone on stdout, and listed by its first letters', async () => {
  const made = await as(ADMIN, 'key', 'create', 'reports', '--expires', '90d');
  expect(made.out).toMatch(/^weft_[\w-]{43}\n$/);
  expect(made.code).toBe(0);
  keys['reports'] = made.out.trim();
  const publisher = await as(
    ADMIN,
    'key',
    'create',
    'network-team',
    '--role',
    'publisher',
    '--domain',
    'network',
    '--json',
  );
  keys['network-team'] = publisher.json<{ key: string }>().key;
  const { out } = await as(ADMIN, 'key', 'list');
  expect(out).toContain('reports');
  expect(out).toContain(keys['reports'].slice(0, 9));
  expect(out).not.toContain(keys['reports'].slice(0, 12));
});

test('whoami says as whom, and what that may do', async () => {
  expect((await as(keys['network-team']!, 'whoami', '--json')).json()).toMatchObject({
    me: { name: 'network-team', role: 'publisher', domains: ['network'], admin: false },
  });
  expect((await as(keys['reports']!, 'whoami')).out).toContain('consumer');
});

test('what a key may not do ends with 3, what is wrong usage with 2', async () => {
  expect((await as(keys['reports']!, 'key', 'list')).code).toBe(3);
  expect((await as(keys['reports']!, 'retire', 'network/airports', '--yes')).code).toBe(3);
  expect((await as(ADMIN, 'key', 'create', 'x', '--role', 'king')).code).toBe(2);
  expect((await as(ADMIN, 'key', 'create', 'x', '--expires', 'soon')).code).toBe(2);
  expect((await as(keys['reports']!, 'subscribe', 'network/airports', '--operations', 'nowhere')).code).toBe(2);
});

test('a folder of operations is registered by the names of its files', async () => {
  const ran = await as(
    keys['reports']!,
    'subscribe',
    'network/airports',
    '--operations',
    'queries',
    '--purpose',
    'why',
    '--json',
  );
  expect(ran.json()).toEqual({
    product: 'network/airports',
    consumer: 'reports',
    purpose: 'why',
    findings: [],
    operations: ['all.graphql', 'weekly/ids.graphql'],
  });
});

test('an operation that cannot be asked is refused, with its file', async () => {
  writeFileSync(join(cwd, 'queries', 'odd.graphql'), '{\n  airports { speed }\n}');
  const ran = await as(keys['reports']!, 'subscribe', 'network/airports', '--operations', 'queries', '--json');
  expect(ran.code).toBe(1);
  expect(ran.json()).toMatchObject({
    error: { code: 'OPERATION_INVALID', findings: [{ file: 'odd.graphql', line: 2 }] },
  });
});

test('usage says who uses what, and whoami what of that is deprecated', async () => {
  await as(keys['reports']!, 'query', 'query Names { airports { nodes { name } } }');
  let uses: { coordinate: string; consumer: string; operationName: string }[] = [];
  while (!uses.some(({ coordinate }) => coordinate === 'Airport.name')) {
    await sleep(100);
    const ran = await as(keys['network-team']!, 'usage', 'network/airports', '--json');
    uses = ran.json<{ uses: typeof uses }>().uses;
  }
  expect(uses).toContainEqual(
    expect.objectContaining({ coordinate: 'Airport.name', consumer: 'reports', operationName: 'Names' }),
  );
  const { out, err } = await as(keys['network-team']!, 'usage', 'network/airports', '--deprecated');
  expect(out.trim().split('\n')).toHaveLength(2);
  expect(out).toContain('Ask for the city.');
  expect(err).toContain('Subscribed: reports (2 operations).');
  expect((await as(keys['reports']!, 'whoami')).err).toContain(
    'Airport.name is deprecated, and used by you: Names, 1 times',
  );
});

test('a subscription ends once', async () => {
  expect((await as(keys['reports']!, 'unsubscribe', 'network/airports', '--json')).json()).toMatchObject({
    ended: true,
  });
  expect((await as(keys['reports']!, 'unsubscribe', 'network/airports', '--json')).json()).toMatchObject({
    ended: false,
  });
});

test('what is expected of an operation lies in files beside it', async () => {
  const folder = join(cwd, 'expecting');
  mkdirSync(folder);
  const subscribing = () =>
    as(keys['reports']!, 'subscribe', 'network/airports', '--operations', 'expecting', '--json');
  writeFileSync(join(folder, 'some.graphql'), 'query ($count: Int) { airports(first: $count) { nodes { id } } }');
  writeFileSync(join(folder, 'some.variables.json'), '{ "count": 3 }');
  writeFileSync(join(folder, 'some.expect.json'), '{ "errors": "none", "atLeast": 1 }');
  const early = await subscribing();
  expect([early.code, early.json()]).toMatchObject([
    1,
    { error: { findings: [{ file: 'some.graphql', message: expect.stringContaining('at least 1 rows') }] } },
  ]);
  writeFileSync(join(folder, 'some.expect.json'), '{ "errors": "none" }');
  expect((await subscribing()).json()).toMatchObject({ operations: ['some.graphql'], findings: [] });
  const { data } = await gateway.order(
    '{ dataProduct(id: "network/airports") { subscriptions { operations { variables expects } } } }',
  );
  expect(data.dataProduct.subscriptions).toEqual([
    { operations: [{ variables: { count: 3 }, expects: { errors: 'none' } }] },
  ]);
  writeFileSync(join(folder, 'some.expect.json'), '{ errors: none }');
  expect(await subscribing()).toMatchObject({ code: 2, err: expect.stringContaining('some.expect.json is no JSON') });
  writeFileSync(join(folder, 'some.expect.json'), '{ "errors": "none" }');
  writeFileSync(join(folder, 'other.expect.json'), '{ "errors": "none" }');
  expect(await subscribing()).toMatchObject({ code: 2, err: expect.stringContaining('other.expect.json has no') });
});

test('a revoked key ends with 3', async () => {
  const { keys: all } = (await as(ADMIN, 'key', 'list', '--json')).json<{ keys: { id: string; consumer: string }[] }>();
  const { id } = all.find(({ consumer }) => consumer === 'reports')!;
  expect((await as(ADMIN, 'key', 'revoke', id)).code).toBe(0);
  expect((await as(keys['reports']!, 'whoami')).code).toBe(3);
});
