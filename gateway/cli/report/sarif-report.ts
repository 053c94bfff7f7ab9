import { createHash } from 'node:crypto';
import type { Log, ReportingDescriptor, Result } from 'sarif';

import { type ChangeCode, CHANGES } from '../../../schema/contract/changes/change-codes.ts';
import { type RefusalCode, REFUSALS } from '../../../schema/errors.ts';
import type { ShownPolicy } from '../policy-operations.ts';
import { safe, safeLine } from '../terminal.ts';
import { type CheckReport, heaviestFirst } from './check-report.ts';
import { explanationMarkdown } from './markdown-report.ts';

const LEVELS = {
  error: 'error',
  warning: 'warning',
  hint: 'note',
  breaking: 'warning',
  risky: 'note',
  safe: 'none',
} as const;

interface Place {
  readonly file: string | null;
  readonly line?: number | null;
  readonly column?: number | null;
  readonly path: string | null;
}

/** A report as SARIF 2.1.0 (OASIS), for code scanning: a result each for findings and changes, placed relative to where the command ran. */
export function sarifReport({ findings, changes, explanations = [] }: CheckReport): Log {
  const said = [
    ...findings.map((finding) => ({ ...finding, level: LEVELS[finding.severity] })),
    // A change that may not be is a finding, too; by itself it is news.
    ...heaviestFirst(changes).map((change) => ({ ...change, level: LEVELS[change.weight] })),
  ];
  const rules = [...new Set(said.map(({ code }) => code))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'weft', rules: rules.map((id) => ruleOf(id, explanations)) } },
        columnKind: 'utf16CodeUnits',
        results: said.map(({ code, level, message, ...place }): Result => ({
          ruleId: code,
          ruleIndex: rules.indexOf(code),
          level,
          kind: level === 'none' ? 'informational' : 'fail',
          message: { text: safeLine(message) },
          locations: locationsOf(place),
          partialFingerprints: { 'weft/v1': fingerprint(code, place, message) },
        })),
      },
    ],
  };
}

/** What a code means, as far as words are kept for it: those of a policy or rule, else of a kind of change or a refusal. */
function ruleOf(id: string, explanations: readonly ShownPolicy[]): ReportingDescriptor {
  const named = { id, name: pascal(id) };
  const policy = explanations.find(({ codes }) => codes.includes(id));
  if (policy !== undefined) {
    const { passes, fails, mend } = policy.documentation;
    const text = `${mend}\nPasses: ${passes}\nFails: ${fails}`;
    return {
      ...named,
      shortDescription: { text: safe(policy.reason) },
      help: { text: safe(text), markdown: explanationMarkdown(policy) },
    };
  }
  const says = saysOf(id);
  return says === null ? named : { ...named, shortDescription: { text: says } };
}

function saysOf(code: string): string | null {
  if (Object.hasOwn(CHANGES, code)) return CHANGES[code as ChangeCode].says;
  return Object.hasOwn(REFUSALS, code) ? REFUSALS[code as RefusalCode].says : null;
}

function locationsOf({ file, line, column, path }: Place): Result['locations'] {
  if (file === null) return [];
  return [
    {
      physicalLocation: {
        artifactLocation: { uri: uriOf(file), uriBaseId: '%SRCROOT%' },
        ...(typeof line === 'number' && {
          region: { startLine: line, ...(typeof column === 'number' && { startColumn: column }) },
        }),
      },
      ...(path !== null && { logicalLocations: [{ fullyQualifiedName: path }] }),
    },
  ];
}

/** The same finding in the same place of a document, though lines before it come or go. */
function fingerprint(code: string, { file, path }: Place, message: string): string {
  return createHash('sha256')
    .update(JSON.stringify([code, file, path ?? message]))
    .digest('hex')
    .slice(0, 32);
}

function uriOf(file: string): string {
  return file.split(/[\\/]/).map(encodeURIComponent).join('/');
}

/** `CONTRACT_TYPE` -> `ContractType` */
function pascal(code: string): string {
  return code.toLowerCase().replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
