import { expect, test } from '@jest/globals';

import { markdownReport } from '../../../../gateway/cli/report/markdown-report.ts';
import { type CheckReport, countsOf, neededBump } from '../../../../gateway/cli/report/check-report.ts';
import { sarifReport } from '../../../../gateway/cli/report/sarif-report.ts';
import { textReport } from '../../../../gateway/cli/report/text-report.ts';
import { painter } from '../../../../gateway/cli/terminal.ts';

const REPORT: CheckReport = {
  passed: false,
  checkedBy: ['offline', 'server'],
  products: ['sales/returns'],
  findings: [
    {
      code: 'PRODUCT_TWICE',
      severity: 'error',
      message: 'Two folders are one product: rename one.',
      file: null,
      line: null,
      column: null,
      path: null,
    },
    {
      code: 'CONTRACT_TYPE',
      severity: 'error',
      message: 'logicalType is "sting"; expected one of string | date.',
      file: 'returns/returns.odcs.yaml',
      line: 12,
      column: 22,
      path: 'schema[0].properties[0].logicalType',
    },
    {
      code: 'CONTRACT_UNUSED',
      severity: 'warning',
      message: 'No port names <img src=x> the contract @team.',
      file: 'returns/returns.odcs.yaml',
      line: 3,
      column: 1,
      path: 'id',
    },
  ],
  changes: [
    {
      code: 'DESCRIPTION_CHANGED',
      weight: 'safe',
      bump: 'patch',
      message: 'The description of Return changed.',
      subject: 'returns',
      coordinates: [],
      file: null,
      path: null,
    },
    {
      code: 'FIELD_REMOVED',
      weight: 'breaking',
      bump: 'major',
      message: 'Return.reason was String, and is no more.',
      subject: 'returns.reason',
      coordinates: ['Return.reason'],
      file: 'returns/returns.odcs.yaml',
      path: 'schema[0].properties',
    },
  ],
};
const EMPTY: CheckReport = { passed: true, checkedBy: ['offline'], products: ['a/b'], findings: [], changes: [] };
const plain = { paint: painter(false) };

test('the text is grouped by file, in the order of places, then changes with the heaviest first', () => {
  expect(textReport(REPORT, plain)).toBe(`         error    PRODUCT_TWICE    Two folders are one product: rename one.
returns/returns.odcs.yaml
    3:1  warning  CONTRACT_UNUSED  No port names <img src=x> the contract @team.
  12:22  error    CONTRACT_TYPE    logicalType is "sting"; expected one of string | date.
2 errors, 1 warning

Changes
  breaking  FIELD_REMOVED        returns.reason  Return.reason was String, and is no more.
  safe      DESCRIPTION_CHANGED  returns  The description of Return changed.
They ask for a new major version, at least.`);
  expect(textReport(EMPTY, plain)).toBe('No findings.');
});

test('with color, severities and weights are told apart', () => {
  const text = textReport(REPORT, { paint: painter(true) });
  const escape = String.fromCharCode(27);
  expect(text).toContain(`${escape}[31merror  ${escape}[39m`);
  expect(text).toContain(`${escape}[33mwarning${escape}[39m`);
  expect(text).toContain(`${escape}[31mbreaking${escape}[39m`);
});

test('the Markdown has tables, in which no text is markup, HTML or a mention', () => {
  expect(markdownReport(REPORT)).toBe(`### ❌ Weft check: refused

2 errors, 1 warning, checked against the live mesh: \`sales/returns\`

|  | Place | Code | Finding |
| --- | --- | --- | --- |
| ❌ |  | \`PRODUCT_TWICE\` | Two folders are one product: rename one. |
| ❌ | \`returns/returns.odcs.yaml:12:22\` | \`CONTRACT_TYPE\` | logicalType is "sting"; expected one of string &#124; date. |
| ⚠️ | \`returns/returns.odcs.yaml:3:1\` | \`CONTRACT_UNUSED\` | No port names &#60;img src=x&#62; the contract @&#8203;team. |

#### 2 changes: a new major version, at least

| Weight | Bump | Code | What | Change |
| --- | --- | --- | --- | --- |
| **breaking** | major | \`FIELD_REMOVED\` | \`returns.reason\` | Return.reason was String, and is no more. |
| safe | patch | \`DESCRIPTION_CHANGED\` | \`returns\` | The description of Return changed. |`);
  expect(markdownReport(EMPTY)).toBe(
    '### ✅ Weft check: passed\n\n0 errors, 0 warnings, checked by the contracts alone: `a/b`',
  );
});

test('a hint is told from what wants to be mended, in every form', () => {
  const hint = {
    ...REPORT.findings[2]!,
    code: 'COMPOSITION_INCONSISTENT_DESCRIPTION',
    severity: 'hint' as const,
    message: 'Two descriptions.',
  };
  const report = { ...EMPTY, findings: [hint] };
  expect(textReport(report, plain)).toContain('3:1  hint     COMPOSITION_INCONSISTENT_DESCRIPTION  Two descriptions.');
  expect(textReport(report, plain)).toContain('0 errors, 0 warnings, 1 hint');
  expect(markdownReport(report)).toContain('| 💡 | `returns/returns.odcs.yaml:3:1` |');
  expect(sarifReport(report).runs[0]!.results).toMatchObject([{ level: 'note', kind: 'fail' }]);
  expect(countsOf(report)).toMatchObject({ errors: 0, warnings: 0, hints: 1 });
});

test('Markdown of ten thousand findings still fits a comment', () => {
  const [, finding] = REPORT.findings;
  const findings = Array.from({ length: 10_000 }, () => ({ ...finding!, message: 'x'.repeat(300) }));
  const text = markdownReport({ ...REPORT, findings });
  expect(text.length).toBeLessThan(65_536);
  expect(text).toContain('… and 9,900 more: `weft check --format json` has all.');
});

test('SARIF 2.1.0 has a rule for each code, and each result its rule, level, place and fingerprint', () => {
  const log = sarifReport(REPORT);
  expect(log.version).toBe('2.1.0');
  expect(log.runs).toHaveLength(1);
  const [run] = log.runs;
  const rules = run!.tool.driver.rules!;
  expect(rules.map(({ id }) => id)).toEqual([
    'CONTRACT_TYPE',
    'CONTRACT_UNUSED',
    'DESCRIPTION_CHANGED',
    'FIELD_REMOVED',
    'PRODUCT_TWICE',
  ]);
  const results = run!.results!;
  expect(results.map(({ ruleId, level, kind }) => [ruleId, level, kind])).toEqual([
    ['PRODUCT_TWICE', 'error', 'fail'],
    ['CONTRACT_TYPE', 'error', 'fail'],
    ['CONTRACT_UNUSED', 'warning', 'fail'],
    ['FIELD_REMOVED', 'warning', 'fail'],
    // SARIF: what is of no level is no failure.
    ['DESCRIPTION_CHANGED', 'none', 'informational'],
  ]);
  for (const { ruleId, ruleIndex, message } of results) {
    expect(rules[ruleIndex!]!.id).toBe(ruleId);
    expect(message.text).not.toBe('');
  }
  expect(results[0]!.locations).toEqual([]);
  expect(results[1]!.locations).toEqual([
    {
      physicalLocation: {
        artifactLocation: { uri: 'returns/returns.odcs.yaml', uriBaseId: '%SRCROOT%' },
        region: { startLine: 12, startColumn: 22 },
      },
      logicalLocations: [{ fullyQualifiedName: 'schema[0].properties[0].logicalType' }],
    },
  ]);
  expect(new Set(results.map(({ partialFingerprints }) => partialFingerprints!['weft/v1'])).size).toBe(5);
});

test('a finding keeps its fingerprint when lines before it come or go, and a path is a URI', () => {
  const [, finding] = REPORT.findings;
  const of = (line: number, file: string): unknown =>
    sarifReport({ ...REPORT, findings: [{ ...finding!, line, file }], changes: [] }).runs[0]!.results![0]!;
  expect(of(12, 'a b/ü.yaml')).toMatchObject({
    locations: [{ physicalLocation: { artifactLocation: { uri: 'a%20b/%C3%BC.yaml' } } }],
  });
  const print = (line: number): unknown => (of(line, 'x.yaml') as { partialFingerprints: unknown }).partialFingerprints;
  expect(print(1)).toEqual(print(99));
});

const EXPLAINED: CheckReport = {
  ...REPORT,
  explanations: [
    {
      id: 'CONTRACT_TYPE',
      codes: ['CONTRACT_TYPE'],
      reason: 'A type that nobody knows is <b>no</b> type.',
      severity: 'error',
      defaultSeverity: 'error',
      origin: 'platform',
      configurable: false,
      documentation: {
        passes: '- name: a\n  logicalType: string',
        fails: '```\nlogicalType: sting',
        mend: 'Spell it.',
      },
      parameters: {},
    },
  ],
};

test('the Markdown explains what was found, with nothing of it as markup, and never beyond what a comment holds', () => {
  const text = markdownReport(EXPLAINED);
  expect(text).toContain(`#### Why, and how to mend it

\`CONTRACT_TYPE\` A type that nobody knows is &#60;b&#62;no&#60;/b&#62; type.

_To mend:_ Spell it.

Passes:
\`\`\`
- name: a
  logicalType: string
\`\`\`

Fails:
\`\`\`
'''
logicalType: sting
\`\`\``);
  const [explanation] = EXPLAINED.explanations!;
  const many = Array.from({ length: 500 }, () => explanation!);
  expect(markdownReport({ ...EXPLAINED, explanations: many }).length).toBeLessThan(65_536);
});

test('a rule in SARIF says what its code means: a policy with how to mend it, a kind of change, a refusal', () => {
  const findings = [REPORT.findings[1]!, { ...REPORT.findings[0]!, code: 'DOES_NOT_COMPOSE' }];
  const rules = sarifReport({ ...EXPLAINED, findings }).runs[0]!.tool.driver.rules!;
  const rule = (id: string) => rules.find((one) => one.id === id)!;
  expect(rule('CONTRACT_TYPE')).toMatchObject({
    shortDescription: { text: 'A type that nobody knows is <b>no</b> type.' },
    help: { text: expect.stringMatching(/^Spell it\.\nPasses: /), markdown: expect.stringContaining('_To mend:_') },
  });
  expect(rule('FIELD_REMOVED').shortDescription).toEqual({ text: 'A field is gone.' });
  expect(rule('DOES_NOT_COMPOSE').shortDescription).toEqual({ text: 'The graph would no longer compose.' });
});

test('changes together ask for the largest bump of all', () => {
  expect(neededBump(REPORT.changes)).toBe('major');
  expect(neededBump([])).toBe('none');
});
