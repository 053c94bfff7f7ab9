import type { Finding } from '../../../schema/findings.ts';
import { counts } from '../findings-text.ts';
import type { ShownPolicy } from '../policy-operations.ts';
import { plural } from '../table.ts';
import { safe, safeLine } from '../terminal.ts';
import { type CheckReport, heaviestFirst, neededBump } from './check-report.ts';

/** A pull request's comment ends at 65,536 letters; a table of this many rows is read by nobody. */
const ROWS_MAX = 100;
const CELL_MAX = 500;
/** What would be beyond so many letters is left unexplained, and the comment stays whole. */
const EXPLAINED_UNTIL = 60_000;
const SIGN = { error: '❌', warning: '⚠️', hint: '💡' } as const satisfies Record<Finding['severity'], string>;

/** A report for a pull request: GitHub's Markdown, in which nothing of a contract's text is markup. */
export function markdownReport(report: CheckReport): string {
  const { passed, products, checkedBy, findings, changes, explanations = [] } = report;
  const by = checkedBy.includes('server') ? 'against the live mesh' : 'by the contracts alone';
  const parts = [
    `### ${passed ? '✅' : '❌'} Weft check: ${passed ? 'passed' : 'refused'}`,
    `${counts(findings)}, checked ${by}: ${products.map(code).join(', ') || 'none can be read'}`,
  ];
  if (findings.length > 0)
    parts.push(
      rows(
        ['', 'Place', 'Code', 'Finding'],
        findings.map(({ severity, file, line, column, code: name, message }) => [
          SIGN[severity],
          file === null
            ? ''
            : code([file, line, line === null ? null : column].filter((one) => one !== null).join(':')),
          code(name),
          plain(message),
        ]),
      ),
    );
  if (changes.length > 0) {
    const bump = neededBump(changes);
    parts.push(
      `#### ${plural(changes.length, 'change')}${bump === 'none' ? '' : `: a new ${bump} version, at least`}`,
      rows(
        ['Weight', 'Bump', 'Code', 'What', 'Change'],
        heaviestFirst(changes).map((change) => [
          change.weight === 'breaking' ? '**breaking**' : change.weight,
          change.bump,
          code(change.code),
          code(change.subject),
          plain(change.message),
        ]),
      ),
    );
  }
  if (explanations.length > 0) parts.push('#### Why, and how to mend it');
  let letters = parts.reduce((sum, part) => sum + part.length, 0);
  for (const one of explanations) {
    const text = `${code(one.id)} ${explanationMarkdown(one)}`;
    letters += text.length;
    if (letters < EXPLAINED_UNTIL) parts.push(text);
  }
  return parts.join('\n\n');
}

/** Why a policy is, how to mend what fails it, and what passes and fails. */
export function explanationMarkdown({ reason, documentation: { passes, fails, mend } }: ShownPolicy): string {
  return [plain(reason), `_To mend:_ ${plain(mend)}`, `Passes:\n${fenced(passes)}`, `Fails:\n${fenced(fails)}`].join(
    '\n\n',
  );
}

/** Lines as they stand: a block which they cannot end. */
function fenced(text: string): string {
  const shown = cut(safe(text)).replaceAll('```', "'''");
  return `\`\`\`\n${shown}\n\`\`\``;
}

function rows(headings: readonly string[], cells: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const more = cells.length - ROWS_MAX;
  return [
    line(headings),
    line(headings.map(() => '---')),
    ...cells.slice(0, ROWS_MAX).map(line),
    ...(more > 0 ? ['', `… and ${plural(more, 'more', 'more')}: \`weft check --format json\` has all.`] : []),
  ].join('\n');
}

/** Text as it stands: no markup, no HTML, no mention, no end of its cell. */
function plain(text: string): string {
  return cut(safeLine(text))
    .replace(/[\\`*_{}[\]()#+!|~<>&]/g, (letter) => `&#${letter.charCodeAt(0)};`)
    .replace(/@(?=\w)/g, '@&#8203;')
    .replace(/:\/\//g, ':&#8203;//');
}

/** A name between backticks, which it can neither end nor leave its cell. */
function code(text: string): string {
  return `\`${cut(safeLine(text)).replaceAll('`', "'").replaceAll('|', '\\|')}\``;
}

function cut(text: string): string {
  return text.length <= CELL_MAX ? text : `${text.slice(0, CELL_MAX - 1)}…`;
}
