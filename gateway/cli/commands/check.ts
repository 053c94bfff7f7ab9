import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { Change } from '../../../schema/contract/changes/change.ts';
import { errorFinding, type Finding, passes } from '../../../schema/findings.ts';
import { committedFolders } from '../committed-folders.ts';
import { CommandFailure, EXIT, wrongUsage } from '../exit.ts';
import { explanationsOf } from '../explanations.ts';
import { located, sorted } from '../findings-text.ts';
import { loneDocuments } from '../lone-documents.ts';
import { givenFolders, productsInput, unreadFindings } from '../given-folders.ts';
import { offlineCheck } from '../offline-check.ts';
import { OPERATIONS } from '../operations.ts';
import { aloneReport } from '../report/alone-report.ts';
import { type CheckReport, countsOf } from '../report/check-report.ts';
import { markdownReport } from '../report/markdown-report.ts';
import { sarifReport } from '../report/sarif-report.ts';
import { textReport } from '../report/text-report.ts';
import { plural } from '../table.ts';
import { jsonText, painter, shownText, type Terminal } from '../terminal.ts';
import type { ProductFolder } from '../../up/product-folders.ts';

/** What `check` is told besides the folder. */
export interface CheckOptions {
  readonly offline?: boolean;
  /** Says of each finding why it is looked for, and how to mend it; SARIF always does. */
  readonly explain?: boolean;
  /** A commit that the products are compared with where no server tells what is live. */
  readonly since?: string;
  /** How to write the report; JSON is also asked for by `--json`. */
  readonly format?: ReportFormat;
  /** A file to write it to, in place of stdout. */
  readonly output?: string;
}

/** Forms of a report. */
export const REPORT_FORMATS = ['text', 'json', 'markdown', 'sarif'] as const;
type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Checks what `publish` would send: here first, then, where the server can be reached, against all that is live. */
export async function check(terminal: Terminal, path: string, options: CheckOptions): Promise<number> {
  if (terminal.json && options.format !== undefined && options.format !== 'json')
    throw wrongUsage(`--json and --format ${options.format} are two forms: give one.`);
  const alone = await loneDocuments(path, terminal.cwd);
  const report = alone === null ? await checked(terminal, path, options) : { ...aloneReport(alone), folders: 0 };
  const { passed, checkedBy } = report;
  await write(terminal, report, options);
  const by = checkedBy.includes('server')
    ? `offline and by ${terminal.settings.url}`
    : 'offline, by the contracts alone';
  const what =
    alone === null
      ? `${plural(report.folders, 'product')} checked ${by}`
      : `${plural(alone.length, 'document')} checked, each by itself`;
  const next =
    alone === null
      ? ` Next: weft publish ${path}`
      : ' To be published, contracts need a product.odps.yaml beside them.';
  terminal.say(
    passed ? terminal.paint('green', `${what}: passed.`) + next : terminal.paint('red', `${what}: refused.`),
  );
  return passed ? EXIT.done : EXIT.refused;
}

/** A check of the products at and below a folder, without a word about it; `folders`: how many there are. */
async function checked(
  terminal: Terminal,
  path: string,
  { offline: isOffline = false, explain = false, since, format }: CheckOptions,
): Promise<CheckReport & { readonly folders: number }> {
  const { cwd } = terminal;
  const folders = await givenFolders(path, cwd);
  const was = since === undefined ? [] : await committedFolders(path, since, cwd);
  const offline = await offlineCheck(folders, terminal, { was });
  const unread = unreadFindings(folders, cwd);
  const online = isOffline ? null : await serverCheck(terminal, folders, !passes(offline.findings));
  // The server links with all that is live, so it knows better than a check of these folders alone.
  const findings = sorted([...unread, ...(online?.findings ?? offline.findings)]);
  return {
    passed: passes(findings) && online?.rejected !== true,
    checkedBy: online === null ? ['offline'] : ['offline', 'server'],
    products: offline.products,
    findings,
    changes: online?.changes ?? offline.changes,
    ...((explain || format === 'sarif') && { explanations: await explanationsOf(terminal, findings, online !== null) }),
    folders: folders.length,
  };
}

async function write(
  terminal: Terminal,
  { folders: _, ...report }: CheckReport & { readonly folders: number },
  { format = terminal.json ? 'json' : 'text', output }: CheckOptions,
): Promise<void> {
  const { paint } = output === undefined ? terminal : { paint: painter(false) };
  const text = reportText(report, format, paint);
  if (output === undefined) terminal.show({ ...report, counts: countsOf(report) }, () => text);
  else
    await writeFile(resolve(terminal.cwd, output), shownText(text, false)).catch((error: unknown) => {
      throw wrongUsage(`The report cannot be written to ${output}: ${error instanceof Error ? error.message : ''}`);
    });
}

function reportText(report: CheckReport, format: ReportFormat, paint: Terminal['paint']): string {
  switch (format) {
    case 'text':
      return textReport(report, { paint });
    case 'json':
      return jsonText({ ...report, counts: countsOf(report) });
    case 'markdown':
      return markdownReport(report);
    case 'sarif':
      return jsonText(sarifReport(report));
  }
}

async function serverCheck(
  { ask, cwd, say, settings }: Terminal,
  folders: readonly ProductFolder[],
  isRefusedAlready: boolean,
): Promise<{ rejected: boolean; findings: Finding[]; changes: Change[] } | null> {
  try {
    const { check: outcome } = await ask(OPERATIONS.check, { products: productsInput(folders) });
    const findings = located(outcome.findings, folders, cwd);
    const changes = 'changes' in outcome ? located(outcome.changes, folders, cwd) : [];
    if (outcome.__typename !== 'Rejected') return { rejected: false, findings, changes };
    const isSaid = findings.some(({ severity }) => severity === 'error');
    const { code, message } = outcome;
    return { rejected: true, findings: isSaid ? findings : [...findings, errorFinding(code, message)], changes };
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    if (error.exit === EXIT.unreachable) {
      say(`Not checked against the live mesh: ${settings.url} is out of reach.`);
      return null;
    }
    if (error.exit === EXIT.notAllowed && isRefusedAlready) return null;
    if (error.exit !== EXIT.notAllowed) throw error;
    throw new CommandFailure(error.exit, error.code, `${error.message} Or check without the server: --offline.`, {
      cause: error,
    });
  }
}
