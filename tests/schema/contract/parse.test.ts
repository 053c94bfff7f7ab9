import { describe, expect, test } from '@jest/globals';
import { parseDocumentText, printDocument } from '../../../schema/contract/parse.ts';

const bomb = `a: &a [x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]
e: [*d, *d, *d, *d, *d, *d, *d, *d, *d]
`;

describe('hostile YAML is refused with a code and its place', () => {
  test.each([
    ['a bomb of aliases', bomb, 'YAML_ALIASES', null],
    ['20,000 nested lists', `a: ${'['.repeat(20_000)}`, 'YAML_TOO_DEEP', 1],
    [
      '600 nested mappings',
      Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      'YAML_TOO_DEEP',
      64,
    ],
    ['20,000 nested dashes', `a: 1\nb:\n  ${'- '.repeat(20_000)}x`, 'YAML_TOO_DEEP', 3],
    ['10 MB', 'a: x\n'.repeat(2_000_000), 'YAML_TOO_LARGE', null],
    ['several documents', 'a: 1\n---\nb: 2\n', 'YAML_MULTIPLE_DOCUMENTS', 2],
    ['the same key twice', 'a: 1\nb: 2\na: 3\n', 'YAML_DUPLICATE_KEY', 3],
    ['a tag', 'a: 1\nb: !!js/function "x"\n', 'YAML_TAG', 2],
    ['a tag of its own', 'b: !secret x\n', 'YAML_TAG', 1],
    ['a merge key', 'a: &a { x: 1 }\nb:\n  <<: *a\n', 'YAML_MERGE', 3],
    ['a tab for indentation', 'a:\n\tb: 1\n', 'YAML_SYNTAX', 2],
    ['an open quote', 'a: "x\n', 'YAML_SYNTAX', 2],
    ['a key that is a list', '? [a, b]\n: 1\n', 'YAML_KEY', 1],
    ['an alias to nothing', 'a: *nowhere\n', 'YAML_ALIASES', null],
  ])('%s', (_, text, code, line) => {
    const started = Date.now();
    const { value, findings } = parseDocumentText(text, 'x.odcs.yaml');
    expect(value).toBeNull();
    expect(findings[0]).toMatchObject({ code, line, file: 'x.odcs.yaml', severity: 'error' });
    expect(Date.now() - started).toBeLessThan(5000);
  });

  test('the largest document of the most keys is read in bounded time', () => {
    const text = Array.from({ length: 24_000 }, (_, i) => `k${i}: 1`)
      .join('\n')
      .slice(0, 256 * 1024);
    const started = Date.now();
    expect(parseDocumentText(text, 'x').findings).toEqual([]);
    expect(Date.now() - started).toBeLessThan(10_000);
  });
});

test('every fault is found at once', () => {
  const { findings } = parseDocumentText('a: 1\na: 2\nb: !x y\nc: &q {}\nd: { <<: *q }\n', 'x');
  expect(findings.map(({ code, line }) => `${code} ${line}`)).toEqual([
    'YAML_DUPLICATE_KEY 2',
    'YAML_TAG 3',
    'YAML_MERGE 5',
  ]);
});

test('a byte order mark and Windows line ends are no fault', () => {
  expect(parseDocumentText('\uFEFFa: 1\r\nb: 2\r\n', 'x')).toMatchObject({ value: { a: 1, b: 2 }, findings: [] });
});

test('Norway stays a country: YAML 1.2 has true and false alone', () => {
  const text = 'a: NO\nb: yes\nc: on\nd: true\ne: 1_000\nf: 012\ng: 2001-01-01\nh: 1:30\n';
  const value = { a: 'NO', b: 'yes', c: 'on', d: true, e: '1_000', f: 12, g: '2001-01-01', h: '1:30' };
  expect(parseDocumentText(text, 'x').value).toEqual(value);
});

test('keys that name parts of every object are ordinary data', () => {
  const { value } = parseDocumentText('__proto__: { polluted: true }\nconstructor: 1\ntoString: 2\n', 'x');
  expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor', 'toString']);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test('a number that a double cannot hold is doubted', () => {
  const { findings } = parseDocumentText('a: 12345678901234567890\n', 'x');
  expect(findings).toMatchObject([{ code: 'YAML_NUMBER', severity: 'warning', line: 1, column: 4 }]);
});

test('the place of a value, of a key, and of what is missing', () => {
  const { locate } = parseDocumentText('a:\n  - x: 1\n    y:\n  - z: [1, 2]\n', 'x');
  expect(locate(['a', 0, 'x'])).toEqual({ line: 2, column: 8 });
  expect(locate(['a', 0, 'x'], 'key')).toEqual({ line: 2, column: 5 });
  expect(locate(['a', 1, 'z', 1])).toEqual({ line: 4, column: 12 });
  expect(locate(['a', 0, 'y'])).toEqual({ line: 3, column: 5 });
  expect(locate(['a', 1, 'missing'])).toEqual({ line: 4, column: 5 });
});

test('what is printed reads as the same values', () => {
  const value = {
    text: 'NO',
    number: '012',
    long: 'x '.repeat(200),
    block: 'a\n b\n\nc\n',
    list: [null, true, 1.5, '', '- a', '# b', '1:30', '2001-01-01', '~', 'é\u0007'],
    nested: [[{}], []],
  };
  expect(parseDocumentText(printDocument(value), 'x').value).toEqual(value);
});
