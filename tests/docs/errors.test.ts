import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { REFUSALS } from '../../schema/errors.ts';
import { ERRORS_PAGE, errorsPage } from './print-errors.ts';

test('docs/errors.md says what schema/errors.ts says (else: npm run docs:errors)', async () => {
  expect(await readFile(ERRORS_PAGE, 'utf8')).toBe(errorsPage());
});

test('every refusal has an HTTP status of its kind and says one whole sentence', () => {
  const odd = Object.entries(REFUSALS).filter(
    ([code, { http, says }]) =>
      !/^[A-Z]+(_[A-Z]+)*$/.test(code) || http < 400 || http > 599 || !/^[A-Z].*[.]$/.test(says),
  );
  expect(odd).toEqual([]);
});
