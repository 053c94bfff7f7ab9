import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { gatewayHere, type GatewayHere, KEY } from '../gateway-here.ts';
import { folderOf, returnsProduct, weft, type Ran } from './weft.ts';

const place = folderOf({
  ...returnsProduct(),
  ...Object.fromEntries(
    Object.entries(returnsProduct((_, text) => text.replaceAll('returns', 'refunds'))).map(([path, text]) => [
      `more/${path.replaceAll('returns', 'refunds')}`,
      text,
    ]),
  ),
});
const CONTRACT = 'returns/returns.odcs.yaml';
let gateway: GatewayHere;

const ask = (...args: string[]): Promise<Ran> =>
  weft(args, { env: { WEFT_URL: gateway.url, WEFT_KEY: KEY }, cwd: place.path });

beforeAll(async () => {
  // By the platform's own rules: breaking changes need a major version.
  gateway = await gatewayHere({ config: { policies: null } });
});
afterAll(async () => {
  place.remove();
  await gateway.close();
});

function edit(path: string, ...edits: [from: string, to: string][]): void {
  const file = join(place.path, path);
  writeFileSync(
    file,
    edits.reduce(
      (text, [from, to]) => {
        expect(text).toContain(from);
        return text.replace(from, to);
      },
      readFileSync(file, 'utf8'),
    ),
  );
}

interface Shown {
  readonly bump: string;
  readonly passes: boolean;
  readonly changes: readonly { product: string; code: string; weight: string; subject: string }[];
}

test('a product that is not there yet is new, and there is nothing to compare', async () => {
  const ran = await ask('diff', 'returns');
  expect([ran.code, ran.out]).toEqual([0, 'New: there is nothing live to compare it with.\n']);
  expect(ran.err).toContain('Next: weft publish returns');
  expect((await ask('diff', 'returns', '--json')).json()).toEqual({ bump: 'none', changes: [], passes: true });
});

test('what is live already differs in nothing', async () => {
  await ask('publish', '.', '--no-refresh');
  const ran = await ask('diff', 'returns', '--json');
  expect([ran.code, ran.json()]).toEqual([0, { bump: 'none', changes: [], passes: true }]);
});

test('what the folder changes of the live product is named and weighed, and nothing is published', async () => {
  const weight = '- { name: weight, logicalType: number, classification: public, description: In kg. }';
  edit(CONTRACT, ['    quality:', `      ${weight}\n    quality:`]);
  edit('returns/source.odcs.yaml', [
    '- { name: reason, logicalType: string }',
    '- { name: reason, logicalType: string }\n      - { name: weight, logicalType: number }',
  ]);
  edit('returns/product.odps.yaml', ['version: 1.0.0\nstatus', 'version: 1.1.0\nstatus']);
  const before = await gateway.ledger();
  const shown = (await ask('diff', 'returns', '--json')).json<Shown>();
  expect(shown).toMatchObject({ bump: 'minor', passes: true });
  expect(shown.changes).toContainEqual(
    expect.objectContaining({
      product: 'sales/returns',
      code: 'PROPERTY_ADDED',
      weight: 'safe',
      subject: 'returns.weight',
    }),
  );
  const ran = await ask('diff', 'returns');
  expect([ran.code, ran.err]).toEqual([0, expect.stringContaining('Next: weft publish returns')]);
  expect(ran.out).toMatch(/PROPERTY_ADDED +returns\.weight/);
  expect(await gateway.ledger()).toEqual(before);
});

test('a folder above several says the changes of each', async () => {
  edit('more/refunds/refunds.odcs.yaml', ['In the customer', 'As told in the customer']);
  const { changes } = (await ask('diff', '.', '--json')).json<Shown>();
  expect(new Set(changes.map(({ product }) => product))).toEqual(new Set(['sales/returns', 'sales/refunds']));
});

test('what a publish would refuse is shown with its weight, and ends by 1', async () => {
  edit(CONTRACT, ['name: reason\n', 'name: cause\n        transformLogic: reason\n']);
  const ran = await ask('diff', 'returns');
  expect([ran.code, ran.err]).toEqual([1, expect.stringContaining('A publish would be refused: weft check returns')]);
  expect(ran.out).toMatch(/^! PROPERTY_REMOVED +returns\.reason/m);
  expect((await ask('diff', 'returns', '--json')).json()).toMatchObject({ bump: 'major', passes: false });
});

test('what cannot be read has its faults in place of changes', async () => {
  edit(CONTRACT, ['schema:', 'schema: [']);
  const ran = await ask('diff', 'returns');
  expect([ran.code, ran.out]).toEqual([1, '']);
  expect(ran.err).toMatch(/returns\/returns\.odcs\.yaml[\s\S]*YAML_SYNTAX/);
});

test("a product's id is one where no folder has that name, and what is neither is told apart from both", async () => {
  expect((await ask('diff', 'sales/returns', '1..1')).code).toBe(0);
  const ran = await ask('diff', 'Sales Returns');
  expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('is no folder')]);
  expect((await ask('diff', 'more')).code).toBe(0);
});
