import { afterEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { productFolders } from '../../../gateway/up/product-folders.ts';
import { answering, folderOf, returnsProduct, weft } from './weft.ts';

const EXAMPLES = fileURLToPath(new URL('../../../subgraphs/domains', import.meta.url));
const removals: (() => void)[] = [];

function folder(files: Readonly<Record<string, string>>): string {
  const { path, remove } = folderOf(files);
  removals.push(remove);
  return path;
}

afterEach(() => removals.splice(0).forEach((remove) => remove()));

const withoutType = returnsProduct((file, text) =>
  file.endsWith('returns.odcs.yaml')
    ? text.replace('logicalType: string\n        primaryKey', 'logicalType: sting\n        primaryKey')
    : text,
);

test('the example mesh passes its check without a server', async () => {
  const ran = await weft(['check', EXAMPLES, '--offline', '--json']);
  expect(ran.json()).toEqual({
    passed: true,
    checkedBy: ['offline'],
    products: [
      'geography/places',
      'network/airports',
      'operations/flights',
      'operations/routes',
      'safety/bird-strikes',
      'weather/daily',
    ],
    findings: [],
    changes: [],
    counts: { errors: 0, warnings: 0, hints: 0, breaking: 0, risky: 0, safe: 0 },
  });
  expect(ran.code).toBe(0);
});

test('a fault is shown with file, line and column as seen from where one stands, and the exit code is 1', async () => {
  const cwd = folder(withoutType);
  const ran = await weft(['check', 'returns', '--offline'], { cwd });
  expect(ran.out).toMatch(/^returns\/returns\.odcs\.yaml\n {2}12:22 {2}error {4}[A-Z_]+ {2}.*sting.*$/m);
  expect(ran.out).toMatch(/^1 error, 0 warnings$/m);
  expect(ran.err).toContain('refused');
  expect(ran.code).toBe(1);
});

test('faults of several products are sorted by file and line, each product in its own folder', async () => {
  const broken = (name: string): Record<string, string> =>
    Object.fromEntries(
      Object.entries(withoutType).map(([file, text]) => [
        file.replace(/^returns\//, `sales/${name}/`),
        text.replaceAll('sales/returns', `sales/${name}`).replace('name: returns\nversion', `name: ${name}\nversion`),
      ]),
    );
  const cwd = folder({ ...broken('second'), ...broken('first') });
  const ran = await weft(['check', '.', '--offline', '--json'], { cwd });
  const { findings } = ran.json<{ findings: { file: string; line: number }[] }>();
  expect(findings.map(({ file, line }) => `${file}:${line}`)).toEqual([
    'sales/first/returns.odcs.yaml:12',
    'sales/second/returns.odcs.yaml:12',
  ]);
});

test('a link to a product that is not given is a warning without a server', async () => {
  const ran = await weft(['check', join(EXAMPLES, 'operations/routes'), '--offline', '--json']);
  const { findings } = ran.json<{ findings: { severity: string; code: string }[] }>();
  expect(new Set(findings.map(({ severity, code }) => `${severity} ${code}`))).toEqual(
    new Set(['warning INPUT_DANGLING', 'warning RELATIONSHIP_DANGLING']),
  );
  expect(ran.code).toBe(0);
});

test('a contract is checked by itself, without a product around it: what only a publish would refuse is a warning', async () => {
  const { 'returns/returns.odcs.yaml': contract = '' } = returnsProduct();
  const cwd = folder({
    'returns.odcs.yaml': contract.replace(
      /( +)- name: reason\n/,
      '$1- name: reason\n$1  relationships: [{ to: reasons.id }]\n',
    ),
  });
  for (const path of ['returns.odcs.yaml', '.']) {
    const ran = await weft(['check', path, '--json'], { cwd });
    expect(ran.json()).toMatchObject({
      passed: true,
      documents: [{ file: 'returns.odcs.yaml', kind: 'DataContract', id: 'sales/returns/returns' }],
      findings: [{ severity: 'warning', code: 'RELATIONSHIP_DANGLING', file: 'returns.odcs.yaml', line: 19 }],
    });
    expect(ran.code).toBe(0);
  }
  writeFileSync(join(cwd, 'returns.odcs.yaml'), contract.replace('name: Returns', 'name: [Returns]'));
  const refused = await weft(['check', 'returns.odcs.yaml'], { cwd });
  expect(refused.out).toMatch(/^returns\.odcs\.yaml\n +4:7 {2}error +CONTRACT_TYPE/m);
  expect(refused.code).toBe(1);
  expect((await weft(['check', 'nowhere.odcs.yaml'], { cwd })).code).toBe(2);
});

test('a product document is checked by itself, too', async () => {
  const { 'returns/product.odps.yaml': product = '' } = returnsProduct();
  const cwd = folder({ 'returns.odps.yaml': product });
  const ran = await weft(['check', '.'], { cwd });
  expect(ran.out).toMatch(/^returns\.odps\.yaml\n +\d+:\d+ {2}warning {2}CONTRACT_MISSING/m);
  expect(ran.code).toBe(0);
});

test('SQL is checked without a server too', async () => {
  const cwd = folder({ ...returnsProduct(), 'returns/transform.sql': 'delete from returns' });
  const ran = await weft(['check', '.', '--offline'], { cwd });
  expect(ran.out).toMatch(/^returns\/transform\.sql\n {2}1:1 {2}error {4}SQL_NOT_SELECT/m);
  expect(ran.code).toBe(1);
});

test('two folders of one product are refused, with both folders named', async () => {
  const twin = Object.fromEntries(Object.entries(returnsProduct()).map(([file, text]) => [`copy/${file}`, text]));
  const cwd = folder({ ...returnsProduct(), ...twin });
  const ran = await weft(['check', '.', '--offline'], { cwd });
  expect(ran.out).toContain(
    `${join(cwd, 'copy/returns')} and ${join(cwd, 'returns')} are both the product sales/returns`,
  );
  expect(ran.code).toBe(1);
});

test('where the server answers, its findings and changes count, in the files as they lie here', async () => {
  const found = {
    code: 'DOES_NOT_COMPOSE',
    severity: 'ERROR',
    message: 'The type is taken.',
    line: 3,
    column: 5,
    path: null,
  };
  const change = {
    product: 'sales/returns',
    code: 'PROPERTY_REMOVED',
    message: 'returns.reason is gone.',
    subject: 'returns.reason',
    coordinates: ['Return.reason'],
    path: null,
  };
  const changes = [{ ...change, weight: 'BREAKING', bump: 'MAJOR', file: 'returns.odcs.yaml' }];
  const outcome = { __typename: 'Rejected', code: 'CONTRACT_INVALID', message: 'No.', changes };
  const server = await answering(
    200,
    JSON.stringify({ data: { check: { ...outcome, findings: [{ ...found, file: 'returns.odcs.yaml' }] } } }),
  );
  const ran = await weft(['check', '.', '--json'], { cwd: folder(returnsProduct()), env: { WEFT_URL: server.url } });
  await server.stop();
  expect(ran.json()).toEqual({
    passed: false,
    checkedBy: ['offline', 'server'],
    products: ['sales/returns'],
    findings: [{ ...found, severity: 'error', file: 'returns/returns.odcs.yaml' }],
    changes: [{ ...change, weight: 'breaking', bump: 'major', file: 'returns/returns.odcs.yaml' }],
    counts: { errors: 1, warnings: 0, hints: 0, breaking: 1, risky: 0, safe: 0 },
  });
  expect(ran.code).toBe(1);
});

test('where no server answers, the check says so and stands on the contracts alone', async () => {
  const ran = await weft(['check', '.'], { cwd: folder(returnsProduct()) });
  expect(ran.err).toContain('Not checked against the live mesh: http://127.0.0.1:9 is out of reach.');
  expect(ran.code).toBe(0);
});

test('a key that may not check ends by 3 and names the way without a server', async () => {
  const server = await answering(200, '{"errors":[{"message":"No.","extensions":{"code":"UNAUTHENTICATED"}}]}');
  const ran = await weft(['check', '.'], { cwd: folder(returnsProduct()), env: { WEFT_URL: server.url } });
  await server.stop();
  expect(ran.err).toContain('--offline');
  expect(ran.code).toBe(3);
});

test('hidden folders, node_modules, links and service code are passed by; a large document is refused', async () => {
  const path = folder({
    ...returnsProduct(),
    'returns/service/main.ts': '',
    'returns/notes.md': '',
    '.hidden/p/product.odps.yaml': '',
    'node_modules/p/product.odps.yaml': '',
  });
  symlinkSync(join(path, 'returns'), join(path, 'linked'));
  symlinkSync('/etc/hostname', join(path, 'returns/linked.sql'));
  writeFileSync(join(path, 'returns/large.sql'), ' '.repeat(256 * 1024 + 1));
  writeFileSync(join(path, 'returns/latin.sql'), Buffer.from([0x73, 0xe9]));
  const [product, ...others] = (await productFolders(path))!;
  expect(others).toEqual([]);
  expect(product).toMatchObject({ name: 'returns', path: join(path, 'returns') });
  expect(product!.files.map((file) => file.path)).toEqual([
    'product.odps.yaml',
    'returns.odcs.yaml',
    'source.odcs.yaml',
  ]);
  expect(product!.unread.map((file) => file.path)).toEqual(['large.sql', 'latin.sql']);
  const ran = await weft(['publish', 'returns'], { cwd: path });
  expect(ran.err).toMatch(/^returns\/large\.sql\n +error {4}FILE_UNREAD {2}large\.sql has 257 KiB/m);
  expect(ran.code).toBe(1);
});

test('a report is written to a file in the form that was asked for, without color, and the exit code stands', async () => {
  const cwd = folder(withoutType);
  const ran = await weft(['check', 'returns', '--offline', '--format', 'sarif', '--output', 'weft.sarif'], { cwd });
  expect(ran.out).toBe('');
  expect(ran.code).toBe(1);
  const { runs } = JSON.parse(readFileSync(join(cwd, 'weft.sarif'), 'utf8')) as {
    runs: { results: { locations: { physicalLocation: unknown }[] }[] }[];
  };
  expect(runs[0]!.results[0]!.locations[0]!.physicalLocation).toEqual({
    artifactLocation: { uri: 'returns/returns.odcs.yaml', uriBaseId: '%SRCROOT%' },
    region: { startLine: 12, startColumn: 22 },
  });
  const markdown = await weft(['check', 'returns', '--offline', '--format', 'markdown'], { cwd });
  expect(markdown.out).toContain('### ❌ Weft check: refused');
  const nowhere = await weft(['check', 'returns', '--offline', '--output', 'no/such/folder'], { cwd });
  expect(nowhere.err).toContain('The report cannot be written to no/such/folder');
  expect(nowhere.code).toBe(2);
});

test('without a server, what changed is told from a commit, weighed, and held against the version', async () => {
  const cwd = folder(returnsProduct());
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', cwd, '-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args]);
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message', 'first');
  const contract = join(cwd, 'returns/returns.odcs.yaml');
  const text = readFileSync(contract, 'utf8');
  writeFileSync(contract, text.replace(/ {6}- name: reason\n.*\n.*\n.*\n/, ''));
  const since = ['check', 'returns', '--offline', '--since', 'HEAD'];
  const report = (await weft([...since, '--json'], { cwd })).json<{ passed: boolean; findings: { code: string }[] }>();
  expect(report).toMatchObject({
    passed: false,
    changes: [
      { code: 'PROPERTY_REMOVED', weight: 'breaking', subject: 'returns.reason', file: 'returns/returns.odcs.yaml' },
    ],
  });
  expect(report.findings.map(({ code }) => code)).toContain('BREAKING_CHANGE');
  const { out } = await weft([...since, '--format', 'markdown', '--explain'], { cwd });
  expect(out).toContain('| **breaking** | major | `PROPERTY_REMOVED` | `returns.reason` |');
  expect(out).toMatch(/#### Why, and how to mend it\n\n`BREAKING_CHANGE` /);

  writeFileSync(contract, text);
  expect((await weft([...since, '--json'], { cwd })).json()).toMatchObject({ passed: true, changes: [] });
  for (const commit of ['nothing', '--all', 'HEAD~9'])
    expect((await weft(['check', 'returns', '--offline', `--since=${commit}`], { cwd })).code).toBe(2);
});
