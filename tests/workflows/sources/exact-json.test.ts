import { expect, test } from '@jest/globals';

import { at, parseExactly, textOf } from '../../../workflows/sources/exact-json.ts';

test.each([
  ['more digits than a double holds', '12345678901234567890', '12345678901234567890'],
  ['a fraction of as many', '-0.12345678901234567891', '-0.12345678901234567891'],
  ['an exponent beyond a double', '1e400', '1e400'],
  ['a number like any other', '1.50', '1.5'],
  ['a text of digits', '"12345678901234567890"', '12345678901234567890'],
  ['a text with quotes and backslashes', '"a \\\\\\" 12345678901234567890 \\\\"', 'a \\" 12345678901234567890 \\'],
  ['nested values', '[12345678901234567890,{"1e9":"1e9"}]', '[12345678901234567890,{"1e9":"1e9"}]'],
])('%s is read as it is written', (_what, json, text) => {
  expect(textOf(at(parseExactly(`{"id":98765432109876543210,"value":${json}}`), 'value'))).toBe(text);
});

test.each([
  '{"a":12345678901234567890',
  '{"a":1.2.345678901234567}',
  '{"a":"1234567890123456789',
  '01234567890123456789',
])('%s is no JSON', (text) => {
  expect(() => parseExactly(text)).toThrow(SyntaxError);
});

test('a long text of escapes needs no deep stack', () => {
  const text = `{"id":12345678901234567890,"text":"${'\\n'.repeat(5_000_000)}"}`;
  expect(textOf(at(parseExactly(text), 'text'))).toHaveLength(5_000_000);
});
