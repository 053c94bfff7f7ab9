import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatewayHere, type GatewayHere } from '../gateway-here.ts';
import { edited, folderOf } from '../product-text.ts';

const TAGGED = `expressions:
  - id: ACME_TAGGED
    reason: Products are found by their tags.
    severity: error
    documentation: { passes: 'tags: [goods]', fails: 'no tags', mend: Add one. }
    expression: has(product.tags) && 'goods' in product.tags
    message: it has no tag goods.
`;
const DOCUMENTED = `/**
 * Tests want it so.
 * @passes this
 * @fails that
 * @mend Do this.
 * @severity error
 */
`;
const LAPS = folderOf({ domain: 'race', name: 'laps' });
const tagged = (name: string) =>
  edited(folderOf({ domain: 'race', name }), 'product.odps.yaml', (text) => `${text}tags: [goods]\n`);
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
const GRANT = `mutation ($policy: ID!, $product: ID!, $reason: String!, $until: DateTime!) {
  granted: grantPolicyException(policy: $policy, product: $product, reason: $reason, until: $until) { id until inForce grantedBy }
}`;

const folder = mkdtempSync(join(tmpdir(), 'weft-policies-'));
let changes = 0;

/** Writes the organisation's files; a date of its own tells a file that was written twice in one tick. */
function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
    const at = new Date(Date.now() + ++changes * 1_000);
    utimesSync(join(folder, name), at, at);
  }
}

let gateway: GatewayHere;

beforeAll(async () => {
  write({ 'policies.yaml': TAGGED });
  gateway = await gatewayHere({ config: { policies: folder } });
}, 60_000);
afterEach(() => write({ 'policies.yaml': TAGGED }));
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
});

const grant = (variables: object) =>
  gateway.order(GRANT, {
    policy: 'ACME_TAGGED',
    product: 'race/laps',
    reason: 'Until the merger.',
    until: inDays(1),
    ...variables,
  });

test('an expression of the organisation refuses what it does not pass, beside all other faults, and changes nothing', async () => {
  const before = await gateway.ledger();
  const outcome = await gateway.publish([LAPS], { governance: true });
  expect(outcome).toMatchObject({ __typename: 'Rejected', code: 'CONTRACT_INVALID' });
  expect(outcome.findings.filter(({ severity }) => severity === 'ERROR')).toMatchObject([
    { code: 'ACME_TAGGED', file: 'product.odps.yaml', message: 'race/laps: it has no tag goods.' },
  ]);
  expect(outcome.findings.map(({ code }) => code)).toEqual(
    expect.arrayContaining(['OWNER_CURRENT', 'SLA', 'CLASSIFICATION']),
  );
  expect(await gateway.ledger()).toEqual(before);
  expect(await gateway.publish([tagged('tagged')])).toMatchObject({ __typename: 'Published' });
});

describe('an exception', () => {
  test('makes an error a warning that names it, until it is revoked', async () => {
    const { data } = await grant({});
    expect(data.granted).toMatchObject({ inForce: true, grantedBy: 'admin' });
    const { findings } = await gateway.publish([LAPS], { check: true, governance: true });
    expect(findings.find(({ code }) => code === 'ACME_TAGGED')).toMatchObject({
      severity: 'WARNING',
      message: expect.stringContaining(`by admin: Until the merger. (exception ${data.granted.id})`),
    });
    const revoke = 'mutation ($id: ID!) { revokePolicyException(id: $id) { inForce revokedBy } }';
    const revoked = await gateway.order(revoke, { id: data.granted.id });
    expect(revoked.data.revokePolicyException).toEqual({ inForce: false, revokedBy: 'admin' });
    expect(await gateway.publish([LAPS], { check: true })).toMatchObject({ __typename: 'Rejected' });
    expect((await gateway.order(revoke, { id: data.granted.id })).errors?.[0]?.extensions['code']).toBe('NOT_FOUND');
  });

  test('stops to hold at its end, and is still told of', async () => {
    await grant({ until: inDays(1), product: 'race/heats' });
    const heats = folderOf({ domain: 'race', name: 'heats' });
    expect(await gateway.publish([heats], { check: true })).toMatchObject({ __typename: 'Published' });
    // What a clock does in a day.
    await gateway.database.pool.query(
      `update weft.policy_exceptions set until = now() where product_id = 'race/heats'`,
    );
    expect(await gateway.publish([heats], { check: true })).toMatchObject({ __typename: 'Rejected' });
    const asked = async (ended: boolean) =>
      (
        await gateway.ask(
          `{ policyExceptions(product: "race/heats", ended: ${ended}) { nodes { policy reason inForce } } }`,
        )
      ).data.policyExceptions.nodes;
    expect(await asked(false)).toEqual([]);
    expect(await asked(true)).toEqual([{ policy: 'ACME_TAGGED', reason: 'Until the merger.', inForce: false }]);
  });

  test.each([
    ['for longer than is allowed', { until: inDays(91) }, 'BAD_INPUT', '90 days'],
    ['that has ended', { until: inDays(-1) }, 'BAD_INPUT', 'later than now'],
    ['without a reason', { reason: ' ' }, 'BAD_INPUT', 'reason'],
    ['from a policy that there is not', { policy: 'ACME_TAGED' }, 'NOT_FOUND', 'ACME_TAGED'],
    ['from what always holds', { policy: 'SUBGRAPH_HOST' }, 'BAD_INPUT', 'no exceptions'],
    ['for what can be no product', { product: 'laps' }, 'NOT_FOUND', 'laps'],
  ])('is not granted %s', async (_what, given, code, says) => {
    const { errors } = await grant(given);
    expect(errors?.[0]).toMatchObject({ message: expect.stringContaining(says), extensions: { code } });
  });

  test('is granted by admins alone', async () => {
    const variables = { policy: 'SLA', product: 'race/laps', reason: 'x', until: inDays(1) };
    expect((await gateway.ask(GRANT, variables)).errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  });
});

test('what breaks consumers asks for a new major version, at the line that says it', async () => {
  const lanes = (properties: string[], version: string) =>
    edited(
      folderOf({ domain: 'race', name: 'lanes', properties, version }),
      'product.odps.yaml',
      (text) => `${text}tags: [goods]\n`,
    );
  await gateway.publish([lanes(['{ name: width, logicalType: number }'], '1.0.0')]);
  const { findings } = await gateway.publish([lanes([], '1.1.0'), tagged('another')]);
  expect(findings.filter(({ code }) => code === 'BREAKING_CHANGE')).toMatchObject(
    expect.arrayContaining([
      expect.objectContaining({
        severity: 'ERROR',
        message: expect.stringContaining('from 1.0.0 to 1.1.0: raise the major version'),
      }),
    ]),
  );
  expect(findings.find(({ code }) => code === 'BREAKING_CHANGE')?.file).toMatch(/^lanes\//);
  expect(await gateway.publish([lanes([], '2.0.0')])).toMatchObject({ __typename: 'Published' });
});

test('policies that change hold without a restart, and what is live stays live: it is warned of, and not refused', async () => {
  const unchanged = folderOf({ domain: 'race', name: 'tracks' });
  write({ 'policies.yaml': TAGGED.replace('severity: error', 'severity: "off"') });
  expect(await gateway.publish([unchanged])).toMatchObject({ __typename: 'Published' });
  write({ 'policies.yaml': `${TAGGED}domains: { race: { OWNER_CURRENT: error } }\n` });
  const again = await gateway.publish([unchanged], { governance: true });
  expect(again.__typename).toBe('Unchanged');
  expect(again.findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual(
    expect.arrayContaining(['WARNING ACME_TAGGED', 'WARNING OWNER_CURRENT']),
  );
  const { data } = await gateway.ask(`{
    dataProduct(id: "race/tracks") { governance { findings { code severity line } } }
    race: policy(id: "OWNER_CURRENT", domain: "race") { severity defaultSeverity origin configurable }
    all: policy(id: "OWNER_CURRENT") { severity }
    own: policy(id: "ACME_TAGGED") { severity origin reason documentation { mend } }
    held: policy(id: "SQL_NOT_SELECT") { configurable severity }
  }`);
  expect(data).toMatchObject({
    race: { severity: 'ERROR', defaultSeverity: 'WARNING', origin: 'PLATFORM', configurable: true },
    all: { severity: 'WARNING' },
    own: { severity: 'ERROR', origin: 'ORGANISATION', documentation: { mend: 'Add one.' } },
    held: { configurable: false, severity: 'ERROR' },
  });
  expect(data.dataProduct.governance.findings).toEqual(
    expect.arrayContaining([{ code: 'ACME_TAGGED', severity: 'ERROR', line: null }]),
  );
});

test('what cannot be read leaves what was read before, and every verdict and the log say so', async () => {
  await gateway.publish([tagged('before')]);
  write({ 'policies.yaml': `${TAGGED}policies: { ALL: off }\n` });
  const outcome = await gateway.publish([LAPS], { governance: true });
  expect(outcome.findings).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ code: 'ACME_TAGGED', severity: 'ERROR' }),
      expect.objectContaining({
        code: 'POLICY_CONFIGURATION',
        severity: 'WARNING',
        message: expect.stringContaining('ALL'),
      }),
    ]),
  );
  expect(gateway.log.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('cannot be read'));
});

test('a policy in a file judges with the parameters that it is given; one that throws, loops or leaves is a finding', async () => {
  const files = {
    'starts-with.ts': `${DOCUMENTED}export function startsWith({ product, mesh }: any, { letter }: any) {
  return product.id.split('/')[1].startsWith(letter) ? [] : [{ message: \`it begins otherwise, of \${mesh.products.size > 0}.\`, file: product.file, path: 'name' }];
}
`,
    'throws.js': `${DOCUMENTED}export function throws() { throw new Error('no tea'); }\n`,
    'loops.js': `${DOCUMENTED}export function loops() { for (;;); }\n`,
    'leaves.js': `${DOCUMENTED}export async function leaves() { process.exit(1); }\n`,
    'answers.js': `${DOCUMENTED}export function answers() { return 'yes'; }\n`,
    'policies.yaml': `policies: { STARTS_WITH: { parameters: { letter: q } } }\nproducts: { race/quick: { THROWS: warning, LOOPS: warning, LEAVES: warning, ANSWERS: warning } }\n`,
  };
  write(files);
  const { findings } = await gateway.publish([LAPS]);
  expect(Object.fromEntries(findings.map(({ code, message }) => [code, message]))).toEqual({
    STARTS_WITH: 'race/laps: it begins otherwise, of true.',
    THROWS: expect.stringContaining('could not be judged: no tea'),
    LOOPS: expect.stringContaining('it took longer than 2000 ms'),
    LEAVES: expect.stringContaining('it ended its thread'),
    ANSWERS: expect.stringContaining('it must answer a list of findings'),
  });
  expect(findings.find(({ code }) => code === 'STARTS_WITH')).toMatchObject({ file: 'product.odps.yaml', line: 5 });
  expect(await gateway.publish([folderOf({ domain: 'race', name: 'quick' })])).toMatchObject({
    __typename: 'Published',
  });
  for (const name of Object.keys(files)) if (name !== 'policies.yaml') rmSync(join(folder, name));
}, 60_000);

test.each([
  ['policies.yaml', 'policies:\n  SLO: error\n', 'policies.yaml:2:3: There is no policy SLO. Did you mean SLA?'],
  ['broken.ts', `${DOCUMENTED}export function broken( {\n`, 'broken.ts: It does not load: '],
  [
    'two.js',
    `${DOCUMENTED}export function one() {}\nexport function two() {}\n`,
    'two.js: It does not load: it must export one function.',
  ],
])('a gateway does not start on a faulty %s, and says where the fault is', async (name, text, says) => {
  const faulty = mkdtempSync(join(tmpdir(), 'weft-policies-'));
  writeFileSync(join(faulty, name), text);
  await expect(gatewayHere({ database: gateway.database, config: { policies: faulty } })).rejects.toThrow(says);
  rmSync(faulty, { recursive: true });
});
