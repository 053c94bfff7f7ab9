import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { CHANGES_PAGE, changesPage } from './print-changes.ts';

test('docs/changes.md says what the table of changes says (else: npm run docs:changes)', async () => {
  expect(await readFile(CHANGES_PAGE, 'utf8')).toBe(changesPage());
});
