import type { RequestListener, Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { weft, type Ran } from './cli/weft.ts';
import { gatewayHere, type GatewayHere, type Tree } from './gateway-here.ts';
import { folderOf, remoteFolder } from './product-text.ts';
import { answering, ended, listening, urlOf } from './remote/services-here.ts';

const KEY = 'weft_admin_of_this_test';
const SDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { greeting: String }
type Airport @key(fields: "id") { id: ID! mood: String }`;
const MOODS = answering(200, JSON.stringify({ data: { _entities: [{ mood: 'calm' }, { mood: 'grim' }] } }));

let gateway: GatewayHere;
let service: Server;
let behave: RequestListener;

beforeAll(async () => {
  service = await listening((request, response) => behave(request, response));
  gateway = await gatewayHere();
  await gateway.publish([folderOf({ domain: 'network', name: 'airports' })]);
  await gateway.load('network/airports', 'airports', 'id text primary key', `values ('SEA'), ('SFO')`);
  await gateway.publish([remoteFolder('moods', `${urlOf(service)}/graphql`, SDL)]);
  while ((await gateway.ask('{ airports { totalCount } }')).data?.airports.totalCount !== '2') await sleep(20);
});
afterAll(async () => {
  await gateway.close();
  await ended(service);
});

async function asked(query: string): Promise<Tree> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
    body: JSON.stringify({ query, extensions: { plan: true } }),
  });
  return response.json();
}

function query(text: string): Promise<Ran> {
  return weft(['query', text, '--plan'], { env: { WEFT_URL: gateway.url, WEFT_KEY: KEY } });
}

test('a plan shows each fetch in its order: its SQL, time, rows, what the service answered, and why it is one of its own', async () => {
  behave = MOODS;
  const { plan } = (await asked('{ airports { nodes { id mood } } me { name } }')).extensions;
  expect(plan).toMatchObject({
    path: 'planned',
    kept: false,
    statements: [],
    because: expect.stringContaining('managed'),
  });
  const of = (subgraph: string): Tree => plan.fetches.find((fetch: Tree) => fetch.subgraph === subgraph);
  const [managed, catalog, remote] = ['weft:managed', 'catalog', 'elsewhere/moods'].map(of);
  expect(plan.fetches).toHaveLength(3);
  expect(plan.fetches.at(-1)).toBe(remote);
  expect(managed).toMatchObject({ entities: null, errors: 0, because: expect.stringMatching(/^One statement/) });
  expect(managed.statements).toMatchObject([{ lane: 'quick', rows: 2, ms: expect.any(Number) }]);
  expect(managed.statements[0].sql).toContain('"network"."airports_');
  expect(JSON.stringify(managed.statements[0].plan)).toMatch(
    /Actual Rows.*Shared Hit Blocks|Shared Hit Blocks.*Actual Rows/,
  );
  expect(catalog).toMatchObject({ statements: [], because: expect.stringContaining('ledger') });
  expect(remote).toMatchObject({
    entities: 2,
    errors: 0,
    statements: [],
    remote: { status: 200, timesSent: 1, shared: false },
    because: 'elsewhere/moods is a service of its own: it is asked over HTTP.',
  });
  expect(remote.query).toContain('mood');
  expect(remote.atMs).toBeGreaterThanOrEqual(Number(managed.atMs) + Number(managed.ms));
});

test('an operation that has errors shows its plan too', async () => {
  behave = answering(503, '', { 'retry-after': '9' });
  const { data, errors, extensions } = await asked('{ airports { nodes { id mood } } }');
  expect([data.airports.nodes.length, errors.length]).toEqual([2, 1]);
  expect(extensions.dataProducts).toHaveLength(2);
  expect(extensions.plan.fetches).toMatchObject([
    { subgraph: 'weft:managed', errors: 0 },
    { subgraph: 'elsewhere/moods', errors: 1, remote: { status: 503, timesSent: 1 } },
  ]);
});

test('what is not one statement though it lies in managed products alone says why, also within a plan', async () => {
  const fields = 'good: airports { totalCount } bad: airports(first: -1) { totalCount }';
  const { errors, extensions } = await asked(`{ ${fields} }`);
  expect(errors).toHaveLength(1);
  expect(extensions.plan).toMatchObject({ path: 'managed', because: expect.stringContaining('arguments') });
  const planned = await asked(`{ ${fields} me { name } }`);
  expect(planned.errors).toHaveLength(1);
  const managed = planned.extensions.plan.fetches.find(({ subgraph }: Tree) => subgraph === 'weft:managed');
  expect(managed).toMatchObject({ because: expect.stringContaining('arguments') });
});

test('`weft query --plan` tells it in words, of an operation with errors too', async () => {
  behave = MOODS;
  const planned = await query('{ airports { nodes { id mood } } }');
  expect(planned.code).toBe(0);
  expect(planned.err).toMatch(
    /^Answered by 2 fetches in [\d.]+ ms\. It asks for what is not in managed products alone\./,
  );
  expect(planned.err).toMatch(
    /# weft:managed: after [\d.]+ ms, for [\d.]+ ms\n# One statement .*\n[^#]*-- [\d.]+ ms on the quick lane, \d+ characters of JSON, 2 rows, \d+ pages? from memory, \d+ read\nselect/i,
  );
  expect(planned.err).toMatch(
    /# elsewhere\/moods: after [\d.]+ ms, for [\d.]+ ms, 2 entities, HTTP 200\n# elsewhere\/moods is a service of its own/,
  );
  behave = answering(500, '');
  const failed = await query('{ greeting }');
  expect(failed.err).toMatch(/^Answered by 1 fetch .*\n\n# elsewhere\/moods: .*HTTP 500, 1 error\n/);
  const managed = await query('{ airports { totalCount } }');
  expect(managed.err).toMatch(/^Answered by 1 statement in [\d.]+ ms\.\n\n-- /);
  const stranger = await weft(['query', '{ airports { totalCount } }', '--plan'], { env: { WEFT_URL: gateway.url } });
  expect(stranger.err).toContain('No plan is shown');
});
