import { afterAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';

import { folderOf, weft } from './weft.ts';

const README = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

/** The files of the tutorial: each is a fence after a line that begins with its name. */
const FILES = Object.fromEntries(
  [...README.matchAll(/^`(loans\/[^`]+)` .*(?:\n.+)*\n\n```\w+\n([\s\S]*?)^```$/gm)].map(([, name = '', text = '']) => [
    name,
    text,
  ]),
);
const tutorial = folderOf(FILES);
afterAll(tutorial.remove);

test('the first product of the README passes its check, as the README says', async () => {
  expect(Object.keys(FILES).sort()).toEqual([
    'loans/loans.csv',
    'loans/loans.odcs.yaml',
    'loans/product.odps.yaml',
    'loans/source.odcs.yaml',
  ]);
  const ran = await weft(['check', 'loans', '--offline'], { cwd: tutorial.path });
  expect(ran.out).toBe('No findings.\n');
  expect(ran.code).toBe(0);
});

test('the README names every command', async () => {
  const { out } = await weft(['--help']);
  const commands = [...out.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name).filter((name) => name !== 'help');
  expect(commands.length).toBeGreaterThan(9);
  for (const name of commands) expect(README).toContain(`\`${name}`);
});
