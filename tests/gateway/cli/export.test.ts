import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { gatewayHere, type GatewayHere } from '../gateway-here.ts';
import { folderOf as productFolder } from '../product-text.ts';
import { folderOf, weft, type Ran } from './weft.ts';

const SHEETS = productFolder({ domain: 'paper', name: 'sheets' });
const textOf = (path: string): string => SHEETS.files.find((file) => file.path === path)!.text;
const place = folderOf({});
let gateway: GatewayHere;
const ask = (...args: string[]): Promise<Ran> =>
  weft(['export', ...args], { env: { WEFT_URL: gateway.url, WEFT_KEY: '' }, cwd: place.path });

beforeAll(async () => {
  gateway = await gatewayHere();
  await gateway.publish([SHEETS, productFolder({ domain: 'glass', name: 'panes' })]);
});
afterAll(async () => {
  place.remove();
  await gateway.close();
});

test('a single document goes to stdout letter by letter; several as one stream', async () => {
  expect((await ask('paper/sheets', '--format', 'odps')).out).toBe(textOf('product.odps.yaml'));
  const { out } = await ask('paper/sheets', '--format', 'odcs');
  expect(out).toBe(`${textOf('output.odcs.yaml')}---\n${textOf('source.odcs.yaml')}`);
  const { products } = (await ask('paper/sheets', '--format', 'openlineage', '--json')).json<{
    products: { files: { text: string }[] }[];
  }>();
  expect(JSON.parse(products[0]!.files[0]!.text)).toMatchObject({ job: { name: 'sheets' } });
});

test('files go to a folder, or a single one to the file that is named; what was written can be published again', async () => {
  const ran = await ask('paper/sheets', '--format', 'odcs', '--output', 'copy');
  expect(ran.out).toBe(`${join('copy', 'output.odcs.yaml')}\n${join('copy', 'source.odcs.yaml')}\n`);
  await ask('paper/sheets', '--format', 'odps', '--output', 'copy');
  expect(readFileSync(join(place.path, 'copy/source.odcs.yaml'), 'utf8')).toBe(textOf('source.odcs.yaml'));
  const checked = await weft(['check', 'copy', '--offline', '--json'], { cwd: place.path });
  expect(checked.json()).toMatchObject({ passed: true, products: ['paper/sheets'] });
  await ask('paper/sheets', '--format', 'sdl', '--output', 'deep/sheets.graphql');
  expect(readFileSync(join(place.path, 'deep/sheets.graphql'), 'utf8')).toContain('type Sheet @key');
});

test('all products, each in a folder of its own', async () => {
  const ran = await ask('--all', '--format', 'openlineage', '--output', 'lineage', '--json');
  expect(ran.json()).toEqual({
    format: 'openlineage',
    written: ['lineage/glass/panes/panes.openlineage.json', 'lineage/paper/sheets/sheets.openlineage.json'],
  });
});

test.each([
  [['paper/none', '--format', 'odcs'], 1],
  [['paper/sheets', '--format', 'odcs', '--revision', '7'], 1],
  [['paper/sheets', '--format', 'xml'], 2],
  [['paper/sheets'], 2],
  [['--format', 'odcs'], 2],
  [['paper/sheets', '--all', '--format', 'odcs'], 2],
  [['--all', '--format', 'odcs'], 2],
])('%j ends by %i', async (args, code) => {
  const ran = await ask(...args);
  expect([ran.code, ran.out]).toEqual([code, '']);
});
