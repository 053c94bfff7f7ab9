import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { RunId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { failRun } from '../../schema/ledger/runs.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { type Answer, gatewayHere, type GatewayHere, type Tree } from './gateway-here.ts';
import { folderOf } from './product-text.ts';

const AIRPORTS = 'network/airports';
let database: TestDatabase;
let gateway: GatewayHere;
let key: string;

beforeAll(async () => {
  database = await cloneDatabase();
  gateway = await gatewayHere({ database });
  const folders = [folderOf({ domain: 'network', name: 'airports' }), folderOf({ domain: 'sales', name: 'orders' })];
  await gateway.publish(folders, { refresh: false });
  const { data } = await gateway.order(
    'mutation { createApiKey(role: PUBLISHER, consumer: "network-team", domains: ["network"]) { key } }',
  );
  key = data.createApiKey.key as string;
});
afterAll(async () => {
  await gateway.close();
  await database.drop();
});

function own(query: string): Promise<Answer> {
  return gateway.ask(query, {}, { authorization: `Bearer ${key}` });
}

async function done(query: string): Promise<Tree> {
  const { data, errors } = await own(query);
  expect(errors).toBeUndefined();
  return data;
}

async function fail(id: string): Promise<void> {
  await transaction(database.pool, (trx) =>
    failRun(trx, id as RunId, { code: 'INTERNAL', message: 'gone', findings: [] }),
  );
}

test('a product is paused and resumed by its owner, and says by whom and why', async () => {
  const paused = await done(
    `mutation { pause(product: "${AIRPORTS}", reason: "the source moves") { pause { by reason } } }`,
  );
  expect(paused.pause.pause).toEqual({ by: 'network-team', reason: 'the source moves' });
  const again = await done(`mutation { pause(product: "${AIRPORTS}", reason: "another") { pause { reason } } }`);
  expect(again.pause.pause.reason).toBe('the source moves');
  expect(await done(`mutation { resume(product: "${AIRPORTS}") { id pause { by } } }`)).toEqual({
    resume: { id: AIRPORTS, pause: null },
  });
});

test('a domain is held and released by its owner; what is asked for meanwhile is queued', async () => {
  const held = await done('mutation { hold(domain: "network", reason: "migration") { hold { by reason } } }');
  expect(held.hold.hold).toEqual({ by: 'network-team', reason: 'migration' });
  const { refresh } = await done(`mutation { refresh(product: "${AIRPORTS}") { run { id phase priority } } }`);
  expect(refresh.run).toMatchObject({ phase: 'QUEUED', priority: 2 });
  expect((await done('mutation { release(domain: "network") { hold { by } } }')).release.hold).toBeNull();
  await done(`mutation { cancelRun(id: "${refresh.run.id}") { phase } }`);
});

test('a failed run is taken up again, once', async () => {
  const { refresh } = await done(`mutation { refresh(product: "${AIRPORTS}", priority: 1) { run { id priority } } }`);
  expect(refresh.run.priority).toBe(1);
  await fail(refresh.run.id);
  const { retry } = await done(`mutation { retry(run: "${refresh.run.id}") { id trigger retryOf { id } } }`);
  expect(retry).toMatchObject({ trigger: 'RETRY', retryOf: { id: refresh.run.id } });
  const { errors } = await own(`mutation { retry(run: "${refresh.run.id}") { id } }`);
  expect(errors![0]!.extensions['code']).toBe('NOT_RETRYABLE');
  await done(`mutation { cancelRun(id: "${retry.id}") { phase } }`);
});

test('data goes back to the version before, readers see it, and the product is paused', async () => {
  for (const value of ['one', 'two'])
    await gateway.load(AIRPORTS, 'airports', 'id text primary key', `values ('${value}')`);
  const { rollbackData } = await done(
    `mutation { rollbackData(product: "${AIRPORTS}") { datasetVersion { version } pause { by reason } } }`,
  );
  expect(rollbackData).toEqual({
    datasetVersion: { version: 1 },
    pause: { by: 'network-team', reason: 'its data went back from version 2 to 1' },
  });
});

test('the history says who did what by hand', async () => {
  const { history } = await done(
    `{ history(product: "${AIRPORTS}") { interventions { action subject actor reason detail run { id } } } }`,
  );
  const all = history.interventions as { action: string; actor: string; subject: string }[];
  expect(all.map(({ action }) => action).reverse()).toEqual(
    'PAUSE RESUME HOLD REFRESH RELEASE CANCEL REFRESH RETRY CANCEL RESTORE'.split(' '),
  );
  expect(new Set(all.map(({ actor }) => actor))).toEqual(new Set(['network-team']));
  expect(all[0]).toMatchObject({ subject: AIRPORTS, detail: { fromVersion: 2, toVersion: 1 } });
});

test.each([
  'pause(product: "sales/orders") { id }',
  'resume(product: "sales/orders") { id }',
  'hold(domain: "sales") { id }',
  'release(domain: "sales") { id }',
  'rollbackData(product: "sales/orders") { id }',
])('what is of others is steered by none but them: %s', async (order) => {
  const { errors } = await own(`mutation { ${order} }`);
  expect(errors![0]!.extensions['code']).toBe('FORBIDDEN');
});

test.each([
  ['pause(product: "network/unknown") { id }', 'NOT_FOUND'],
  ['hold(domain: "unknown") { id }', 'NOT_FOUND'],
  ['retry(run: "0b0c5a4e-7f1d-4c54-9d9c-0c3f9a1b2c3d") { id }', 'NOT_FOUND'],
  [`refresh(product: "${AIRPORTS}", priority: 9) { joined }`, 'BAD_INPUT'],
  [`rollbackData(product: "${AIRPORTS}", toVersion: 9) { id }`, 'NOT_FOUND'],
  [`pause(product: "${AIRPORTS}", reason: "${'because '.repeat(100)}") { id }`, 'BAD_INPUT'],
])('is refused: %s', async (order, code) => {
  const { errors } = await own(`mutation { ${order} }`);
  expect(errors![0]!.extensions['code']).toBe(code);
});

test('a refresh of all is one of its own', async () => {
  const { refresh } = await done(`mutation { refresh(product: "${AIRPORTS}", full: true) { run { id fullLoad } } }`);
  expect(refresh.run.fullLoad).toBe(true);
  await done(`mutation { cancelRun(id: "${refresh.run.id}") { phase } }`);
  const usual = await done(`mutation { refresh(product: "${AIRPORTS}") { run { id fullLoad } } }`);
  expect(usual.refresh.run.fullLoad).toBe(false);
  const { errors } = await gateway.order(`mutation { refresh(product: "${AIRPORTS}", full: true) { joined } }`);
  expect(errors?.[0]?.extensions['code']).toBe('PRODUCT_BUSY');
  await done(`mutation { cancelRun(id: "${usual.refresh.run.id}") { phase } }`);
});
