import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ProductFolder } from '../../gateway/publishing/read-folders.ts';
import { weft } from './cli/weft.ts';
import { gatewayHere, type GatewayHere } from './gateway-here.ts';
import { edited, folderOf } from './product-text.ts';

let gateway: GatewayHere;

beforeAll(async () => {
  gateway = await gatewayHere();
});
afterAll(() => gateway.close());

const CITY = '{ name: city, logicalType: string, description: Where it lies. }';
const GATES = '{ name: gates, logicalType: integer }';
const at = (version: string, ...properties: string[]): ProductFolder =>
  folderOf({ domain: 'network', name: 'airports', properties, version });

const CHANGED = 'changes { product code weight bump subject coordinates file path }';
const publish = async (folder: ProductFolder, order = 'publish') => {
  const { data } = await gateway.order(
    `mutation ($products: [ProductFolder!]!) { outcome: ${order}(products: $products) {
       __typename ... on Published { ${CHANGED} } ... on Rejected { code ${CHANGED} } } }`,
    { products: [folder] },
  );
  return data['outcome'] as { __typename: string; changes: { code: string }[] };
};
const rollback = (toRevision?: number) =>
  gateway.order(
    `mutation ($to: Int) { outcome: rollback(product: "network/airports", toRevision: $to) {
       __typename ... on Published { products { revision version state } changes { code } } ... on Rejected { code findings { code } } } }`,
    { to: toRevision },
  );
const key = { WEFT_KEY: 'weft_admin_of_this_test' };
const command = async (...args: string[]) => weft(args, { env: { ...key, WEFT_URL: gateway.url } });

test('a publish says what it changes, a check and a refusal too; the first changes nothing', async () => {
  expect(await publish(at('1.0.0', CITY))).toEqual({ __typename: 'Published', changes: [] });
  const next = at('1.1.0', CITY, GATES);
  const added = {
    product: 'network/airports',
    code: 'PROPERTY_ADDED',
    weight: 'SAFE',
    bump: 'MINOR',
    subject: 'airports.gates',
  };
  const outcome = { changes: expect.arrayContaining([expect.objectContaining(added)]) };
  expect(await publish(next, 'check')).toMatchObject({ __typename: 'Published', ...outcome });
  const broken = edited(next, 'output.odcs.yaml', (text) => text.replace('schema:', 'schema:\n  - { name: empty }'));
  expect(await publish(broken)).toMatchObject({ __typename: 'Rejected', code: 'CONTRACT_INVALID' });
  expect(await publish(next)).toMatchObject({ __typename: 'Published', ...outcome });
  const { changes } = await publish(at('2.0.0', GATES));
  expect(changes[0]).toMatchObject({
    code: 'PROPERTY_REMOVED',
    weight: 'BREAKING',
    bump: 'MAJOR',
    coordinates: expect.arrayContaining(['Airport.city', 'AirportWhere.city']),
    file: 'output.odcs.yaml',
  });
});

test('the history has every revision with its supergraphs, and every refusal, with who decided it', async () => {
  const { data } = await gateway.ask(`{ history(product: "network/airports") {
    revisions { revision version state publishedBy liveAt endedAt supergraphs { first last } rollbackOf changes { bump breaking headlines } }
    decisions { action outcome actor code revision supergraph findings } } }`);
  const { revisions, decisions } = data['history'] as { revisions: Record<string, unknown>[]; decisions: unknown[] };
  expect(revisions).toMatchObject([
    {
      revision: 3,
      version: '2.0.0',
      state: 'LIVE',
      publishedBy: 'admin',
      endedAt: null,
      changes: { bump: 'MAJOR', breaking: 1 },
    },
    { revision: 2, version: '1.1.0', state: 'SUPERSEDED', endedAt: expect.any(String), rollbackOf: null },
    { revision: 1, version: '1.0.0', state: 'SUPERSEDED', changes: null },
  ]);
  const ranges = revisions.map(({ supergraphs }) => supergraphs as { first: number; last: number });
  // One supergraph follows the other, and none has two revisions.
  expect(ranges[0]!.first).toBe(ranges[1]!.last + 1);
  expect(ranges[1]!.first).toBe(ranges[2]!.last + 1);
  expect(decisions).toMatchObject([
    { action: 'PUBLISH', outcome: 'PUBLISHED', actor: 'admin', revision: 3, supergraph: ranges[0]!.first },
    { outcome: 'PUBLISHED', revision: 2 },
    {
      outcome: 'REJECTED',
      actor: 'admin',
      code: 'CONTRACT_INVALID',
      revision: null,
      findings: expect.arrayContaining(['OBJECT_EMPTY']),
    },
    { outcome: 'PUBLISHED', revision: 1 },
  ]);
});

test('two revisions are compared whichever way round, and what is no revision is named', async () => {
  const diff = async (range: string) =>
    gateway.ask(
      `{ diff(product: "network/airports"${range}) { from { revision } to { revision } bump changes { code } } }`,
    );
  expect((await diff('')).data['diff']).toMatchObject({ from: { revision: 2 }, to: { revision: 3 }, bump: 'MAJOR' });
  const back = (await diff(', from: 3, to: 2')).data['diff'] as { changes: { code: string }[] };
  expect(back.changes.map(({ code }) => code)).toContain('PROPERTY_ADDED');
  expect((await diff(', from: 3, to: 3')).data['diff']).toMatchObject({ bump: 'NONE', changes: [] });
  expect((await diff(', from: 9')).errors?.[0]?.message).toBe('network/airports has no revision 9: it has 1 to 3.');
});

test('the command line shows differences and the history', async () => {
  const diff = await command('diff', 'network/airports', '2..3');
  expect(diff.code).toBe(0);
  expect(diff.out).toMatch(/^! PROPERTY_REMOVED +airports\.city +airports\.city is gone; it was String\./);
  expect(diff.out).toContain('at least a major version');
  expect((await command('diff', 'network/airports', '3..2', '--json')).json()).toMatchObject({
    product: 'network/airports',
    from: { revision: 3 },
    to: { revision: 2, version: '1.1.0' },
    bump: 'minor',
    changes: expect.arrayContaining([expect.objectContaining({ code: 'PROPERTY_ADDED', weight: 'safe' })]),
  });
  const history = await command('history', 'network/airports');
  expect(history.out).toMatch(/3 +2\.0\.0 +live +admin/);
  expect(history.out).toMatch(/Refused[\s\S]*CONTRACT_INVALID/);
  expect((await command('history', 'network/nothing')).code).toBe(1);
  expect((await command('diff', 'network/airports', 'x..y')).code).toBe(2);
  expect((await command('rollback', 'network/airports')).code).toBe(2);
});

test('a rollback publishes the documents anew, under a version beyond the newest, and can be undone by another', async () => {
  expect((await rollback()).data['outcome']).toMatchObject({
    __typename: 'Published',
    products: [{ revision: 4, version: '2.1.0', state: 'LIVE' }],
  });
  // By its type: what was asked for is in use, and could not be taken away again.
  const { data: type } = await gateway.ask('{ __type(name: "Airport") { fields { name } } }');
  expect(type['__type']).toEqual({ fields: expect.arrayContaining([{ name: 'city' }, { name: 'gates' }]) });
  // Taking the city away once more is breaking once more.
  const undone = await command('rollback', 'network/airports', '--yes', '--json');
  expect(undone.json()).toMatchObject({
    outcome: 'published',
    product: { revision: 5, version: '3.0.0', state: 'live' },
  });
  const { data } = await gateway.ask(
    '{ history(product: "network/airports", first: 2) { revisions { rollbackOf } decisions { action toRevision } } }',
  );
  expect(data['history']).toEqual({
    revisions: [{ rollbackOf: 3 }, { rollbackOf: 2 }],
    decisions: [
      { action: 'ROLLBACK', toRevision: 3 },
      { action: 'ROLLBACK', toRevision: 2 },
    ],
  });
});

test('a rollback that others do not bear is refused by the rules of a publish, and kept', async () => {
  const ports = folderOf({ domain: 'sea', name: 'ports' });
  const harbours = edited(ports, 'output.odcs.yaml', (text) => text.replace('name: ports', 'name: harbours'));
  const berth = '{ name: portId, logicalType: string, relationships: [{ to: ports.id }] }';
  for (const folder of [harbours, ports, folderOf({ domain: 'sea', name: 'ships', properties: [berth] })])
    expect(await publish(folder)).toMatchObject({ __typename: 'Published' });
  const back = await gateway.order(`mutation { outcome: rollback(product: "sea/ports", toRevision: 1) {
    __typename ... on Rejected { code findings { code } changes { code } } } }`);
  expect(back.data['outcome']).toMatchObject({
    __typename: 'Rejected',
    code: 'CONTRACT_INVALID',
    findings: expect.arrayContaining([{ code: 'RELATIONSHIP_DANGLING' }]),
    changes: expect.arrayContaining([{ code: 'OBJECT_REMOVED' }]),
  });
  const { data } = await gateway.ask(
    '{ history(product: "sea/ports", first: 1) { decisions { action outcome toRevision code changes { breaking } } } }',
  );
  expect(data['history']).toMatchObject({
    decisions: [{ action: 'ROLLBACK', outcome: 'REJECTED', toRevision: 1, code: 'CONTRACT_INVALID' }],
  });
});

test('what a product has now is no rollback, and what it never had is named', async () => {
  expect((await rollback(5)).data['outcome']).toMatchObject({ __typename: 'Unchanged' });
  expect((await rollback(9)).errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND' });
});

test('only an admin may roll back', async () => {
  const { errors } = await gateway.ask('mutation { rollback(product: "network/airports") { __typename } }');
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
});
