import { explanationText } from '../explanation-text.ts';
import { findingsText } from '../findings-text.ts';
import { safeLine, type Color, type Terminal } from '../terminal.ts';
import { type CheckReport, heaviestFirst, neededBump } from './check-report.ts';

const COLORS = { breaking: 'red', risky: 'yellow', safe: 'green' } as const satisfies Record<string, Color>;

/** A report for people: findings by file, then changes with the heaviest first, and what version they ask for. */
export function textReport(report: CheckReport, { paint }: Pick<Terminal, 'paint'>): string {
  const { findings, changes, explanations = [] } = report;
  const parts = [findings.length === 0 ? 'No findings.' : findingsText(findings, { paint })];
  if (changes.length > 0) parts.push(changesText(report, { paint }));
  parts.push(...explanations.map((one) => explanationText(one, { paint })));
  return parts.join('\n\n');
}

function changesText({ changes }: CheckReport, { paint }: Pick<Terminal, 'paint'>): string {
  const lines = heaviestFirst(changes).map(({ weight, code, subject, message }) => ({
    weight,
    code: safeLine(code),
    says: `${paint('bold', safeLine(subject))}  ${safeLine(message)}`,
  }));
  const codes = Math.max(...lines.map(({ code }) => code.length));
  const bump = neededBump(changes);
  return [
    paint('bold', 'Changes'),
    ...lines.map(
      ({ weight, code, says }) =>
        `  ${paint(COLORS[weight], weight.padEnd(8))}  ${paint('dim', code.padEnd(codes))}  ${says}`,
    ),
    bump === 'none' ? 'They ask for no new version.' : `They ask for a new ${bump} version, at least.`,
  ].join('\n');
}
