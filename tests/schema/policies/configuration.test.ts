import { describe, expect, test } from '@jest/globals';
import type { ProductId } from '../../../schema/ids.ts';
import { readConfiguration } from '../../../schema/policies/configuration.ts';
import { readOwnPolicy } from '../../../schema/policies/own-policy.ts';
import { rulesFor } from '../../../schema/policies/rules.ts';
import { edited, HONEST, judged } from './judged.ts';

const EXPRESSION = `expressions:
  - id: ACME_TAGGED
    reason: Products are found by their tags.
    documentation: { passes: 'tags: [goods]', fails: 'no tags', mend: Add one. }
    expression: has(product.tags)
    message: it has no tags.
`;
const configured = (text: string) => readConfiguration({ path: 'policies.yaml', text }, []);
const faults = (text: string): string[] =>
  configured(text).findings.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`);

describe('a fault is told with its line', () => {
  test.each([
    [
      'a policy that there is not',
      'policies:\n  CLASIFICATION: error\n',
      '2:3 There is no policy CLASIFICATION. Did you mean CLASSIFICATION?',
    ],
    [
      'a rule that always holds',
      'policies:\n  SUBGRAPH_HOST: off\n',
      '2:3 SUBGRAPH_HOST is part of what the platform stands on',
    ],
    [
      'a severity that there is not',
      'policies:\n  SLA: fatal\n',
      '2:8 policies.SLA must be one of error, warning, off',
    ],
    [
      'a key that there is not',
      'polices:\n  SLA: error\n',
      '1:1 The document has no key polices. Did you mean policies?',
    ],
    ['a parameter that there is not', 'policies:\n  NAMING: { parameters: { property: camelCase } }\n', '2:25 NAMING'],
    [
      'a parameter of another type',
      'policies:\n  DEPRECATION_NOTICE: { parameters: { days: soon } }\n',
      '2:45 DEPRECATION_NOTICE days',
    ],
    [
      'a product that can be none',
      'products:\n  airports: { SLA: off }\n',
      '2:3 airports is no id of one of the products',
    ],
    ['an exception longer than a year', 'exceptionDaysMax: 4000\n', '1:19 exceptionDaysMax'],
    ['no YAML', 'policies: [\n', '2:1 '],
    [
      'an expression that does not parse',
      EXPRESSION.replace('has(product.tags)', 'has(product'),
      '5:17 ACME_TAGGED is no CEL expression',
    ],
    ['an expression of another type', EXPRESSION.replace('has(product.tags)', 'size(id)'), 'must be true or false'],
    [
      'a policy without documentation',
      EXPRESSION.replace(/ {4}documentation.*\n/, ''),
      '2:5 expressions[0].documentation',
    ],
    ['an id that is taken', EXPRESSION.replace('ACME_TAGGED', 'SLA'), 'There are two policies SLA'],
  ])('%s', (_what, text, says) => {
    expect(faults(text).join('\n')).toContain(says);
  });

  test('and all of them at once', () => {
    expect(faults('policies:\n  A_B: error\n  C_D: off\ndomains:\n  pg-x: { SLA: off }\n')).toHaveLength(3);
  });
});

test('an empty file, or one of comments, sets nothing', () => {
  for (const text of ['', '# nothing yet\n']) expect(configured(text).findings).toEqual([]);
});

test('what is said of the product counts before its domain, that before all, that before the default', () => {
  const { configuration } = configured(`
policies: { SLA: error, NAMING: { parameters: { properties: camelCase } } }
domains: { sales: { SLA: off, NAMING: error } }
products: { sales/returns: { SLA: warning } }
`);
  const severity = (product: string | null, domain?: string): (string | undefined)[] =>
    ['SLA', 'NAMING', 'STATUS'].map(
      (id) =>
        rulesFor(configuration, { product: product as ProductId | null, domain }).find(({ policy }) => policy.id === id)
          ?.severity,
    );
  expect(severity(null)).toEqual(['error', 'warning', 'warning']);
  expect(severity(null, 'sales')).toEqual(['off', 'error', 'warning']);
  expect(severity('sales/orders')).toEqual(['off', 'error', 'warning']);
  expect(severity('sales/returns')).toEqual(['warning', 'error', 'warning']);
  expect(severity('network/airports')).toEqual(['error', 'warning', 'warning']);
});

test('what is off is not looked for, and parameters change what is found', () => {
  const unnamed = edited(HONEST, { 'returns.odcs.yaml': [['        classification: internal\n', '']] });
  expect(judged(unnamed, { configuration: configured('policies: { CLASSIFICATION: off }').configuration })).toEqual([]);
  const { configuration } = configured(
    'policies: { NAMING: { severity: error, parameters: { properties: snake_case } }, CLASSIFICATION: { parameters: { words: [internal] } } }',
  );
  expect(judged(HONEST, { configuration }).map(({ code, severity }) => `${severity} ${code}`)).toEqual([
    'error NAMING',
    'warning CLASSIFICATION',
  ]);
});

describe('a policy in a file', () => {
  const TEXT = `/**
 * Finance charges by cost center.
 * It has done so since 2020.
 *
 * @passes tags: [cost-center:4711]
 * @fails tags: []
 * @mend Add the tag
 *   of your cost center.
 * @severity error
 */
export function costCenter() {
  return [];
}
`;

  test('is named for the file, and documented by the comment of its function', () => {
    const { policy, findings } = readOwnPolicy({ path: '/acme/costCenter.ts', text: TEXT });
    expect(findings).toEqual([]);
    expect(policy).toMatchObject({
      id: 'COST_CENTER',
      reason: 'Finance charges by cost center.\nIt has done so since 2020.',
      severity: 'error',
      documentation: {
        passes: 'tags: [cost-center:4711]',
        fails: 'tags: []',
        mend: 'Add the tag\n  of your cost center.',
      },
    });
  });

  test.each([
    ['without a comment', TEXT.replace(/^\/\*\*[^]*\*\/\n/, ''), 'no exported function with a comment', 1],
    ['without a way to mend', TEXT.replace(/ \* @mend[^]*?center\.\n/, ''), 'lacks @mend', 1],
    [
      'with a severity that there is not',
      `import 'x';\n${TEXT.replace('severity error', 'severity fatal')}`,
      'found fatal',
      2,
    ],
  ])('is refused %s', (_what, text, says, line) => {
    const { policy, findings } = readOwnPolicy({ path: '/acme/cost-center.ts', text });
    expect(policy).toBeNull();
    expect(findings).toMatchObject([{ file: '/acme/cost-center.ts', line, message: expect.stringContaining(says) }]);
  });
});
