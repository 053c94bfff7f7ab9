import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ENFORCED } from '../../../schema/policies/enforced.ts';
import { POLICIES } from '../../../schema/policies/policies.ts';
import { gatewayHere, type GatewayHere } from '../gateway-here.ts';
import { folderOf, returnsProduct, weft } from './weft.ts';

const NOWHERE = { WEFT_URL: 'http://127.0.0.1:1' };
const undescribed = folderOf(
  returnsProduct((file, text) =>
    file.endsWith('returns.odcs.yaml') ? text.replace('        classification: public\n', '') : text,
  ),
);
const configured = folderOf({
  'policies.yaml': 'policies: { CLASSIFICATION: error }\n',
  'faulty.yaml': 'policies:\n  CLASS: error\n',
});
let gateway: GatewayHere;
let env: Record<string, string>;

beforeAll(async () => {
  gateway = await gatewayHere({ config: { policies: `${configured.path}/policies.yaml` } });
  env = { WEFT_URL: gateway.url, WEFT_KEY: 'weft_admin_of_this_test' };
}, 60_000);
afterAll(async () => {
  await gateway.close();
  undescribed.remove();
  configured.remove();
});

test('policies are listed as they hold at the server, those too that cannot be set', async () => {
  const ran = await weft(['policies', '--json'], { env });
  const { policies } = ran.json<{ policies: { id: string; severity: string; configurable: boolean }[] }>();
  expect(policies).toHaveLength(POLICIES.length + ENFORCED.length);
  expect(policies.find(({ id }) => id === 'CLASSIFICATION')?.severity).toBe('error');
  expect(policies.find(({ id }) => id === 'SERVER_HOST')?.configurable).toBe(false);
  const text = await weft(['policies'], { env });
  expect(text.out).toMatch(/^CLASSIFICATION +error +platform +Who may read/m);
  expect(text.out).toMatch(/^SERVER_HOST +error, always +platform +A source/m);
});

test('one is explained by its id or by a code of its findings, also where no server is', async () => {
  const ran = await weft(['policies', 'sensitive-data'], { env: NOWHERE });
  expect(ran.out).toMatch(/^SENSITIVE_DATA {2}Personal/);
  for (const word of ['passes', 'fails', 'mend', 'firstLevelApprovers', 'parameters']) expect(ran.out).toContain(word);
  expect(ran.err).toContain('out of reach');
  expect((await weft(['policies', 'SQL_STATEMENTS'], { env: NOWHERE })).out).toContain('one SELECT');
  const unknown = await weft(['policies', 'SENSITIV'], { env: NOWHERE });
  expect(unknown.err).toContain('no policy SENSITIV');
  expect(unknown.code).toBe(1);
});

test('check judges by policies without a server, and explains what it found', async () => {
  const given = { cwd: undescribed.path, env: NOWHERE };
  const ran = await weft(['check', '.', '--offline', '--explain'], given);
  expect(ran.out).toMatch(/^ +\d+:\d+ +warning +CLASSIFICATION +sales\/returns: the property returns\.id/m);
  expect(ran.out).toMatch(/^CLASSIFICATION {2}Who may read/m);
  expect(ran.out).toContain('Write `classification`');
  expect(ran.code).toBe(0);
  const json = await weft(['check', '.', '--offline', '--explain', '--json'], given);
  expect(json.json()).toMatchObject({
    explanations: [{ id: 'CLASSIFICATION', documentation: { mend: expect.any(String) } }],
  });
  const strict = await weft(['check', '.', '--offline'], {
    ...given,
    env: { ...NOWHERE, WEFT_POLICIES: `${configured.path}/policies.yaml` },
  });
  expect(strict.out).toMatch(/error +CLASSIFICATION/);
  expect(strict.code).toBe(1);
});

test('faulty policies are told with file and line, and are wrong usage: 2', async () => {
  const ran = await weft(['check', '.', '--offline'], {
    cwd: undescribed.path,
    env: { ...NOWHERE, WEFT_POLICIES: `${configured.path}/faulty.yaml` },
  });
  expect(ran.err).toMatch(/faulty\.yaml\n +2:3 +error +POLICY_CONFIGURATION +There is no policy CLASS/);
  expect(ran.code).toBe(2);
});

test('an exception is granted, listed, held to and revoked', async () => {
  const given = { cwd: undescribed.path, env };
  expect((await weft(['check', '.'], given)).code).toBe(1);
  const until = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
  const grant = [
    'policies',
    'exempt',
    'classification',
    'sales/returns',
    '--until',
    until,
    '--reason',
    'Asked.',
    '--json',
  ];
  const granted = (await weft(grant, given)).json<{ id: string; until: string }>();
  expect(granted.until).toBe(`${until}T23:59:59.000Z`);
  const checked = await weft(['check', '.'], given);
  expect(checked.out).toMatch(/warning +CLASSIFICATION .*Exempted until/);
  expect(checked.code).toBe(0);
  const listed = await weft(['policies', 'exceptions', '--product', 'sales/returns'], given);
  expect(listed.out).toMatch(
    new RegExp(`^${granted.id} +CLASSIFICATION +sales/returns +${until}T23:59 +in force +admin +Asked\\.`, 'm'),
  );
  expect((await weft(['policies', 'revoke', granted.id], given)).out).toContain('revoked by admin');
  expect((await weft(['check', '.'], given)).code).toBe(1);
  expect((await weft(['policies', 'exceptions', '--json'], given)).json()).toEqual({ exceptions: [] });
  const all = (await weft(['policies', 'exceptions', '--all', '--json'], given)).json<{ exceptions: unknown[] }>();
  expect(all.exceptions).toMatchObject([{ id: granted.id, inForce: false, revokedBy: 'admin' }]);
  const stranger = await weft(grant, { ...given, env: { ...env, WEFT_KEY: '' } });
  expect(stranger.code).toBe(3);
});
