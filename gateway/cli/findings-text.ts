import { isAbsolute, join, relative } from 'node:path';

import type { ProductFolder } from '../up/product-folders.ts';
import type { Finding } from '../../schema/findings.ts';
import { plural } from './table.ts';
import { type Color, safeLine, type Terminal } from './terminal.ts';

const COLOR = { error: 'red', warning: 'yellow', hint: 'dim' } as const satisfies Record<Finding['severity'], Color>;

/** Findings by file, each as `line:column  error  CODE  message`, and a last line of counts. What belongs to no file comes first. */
export function findingsText(findings: readonly Finding[], { paint }: Pick<Terminal, 'paint'>): string {
  const lines = sorted(findings).map(({ file, line, column, severity, code, message }) => ({
    file,
    place: line === null ? '' : `${line}:${column ?? 1}`,
    severity,
    code: safeLine(code),
    message: safeLine(message),
  }));
  const width = (pick: (line: (typeof lines)[number]) => string): number =>
    Math.max(0, ...lines.map((line) => pick(line).length));
  const places = width(({ place }) => place);
  const codes = width(({ code }) => code);
  const shown = lines.flatMap(({ file, place, severity, code, message }, at) => {
    const text = [
      place.padStart(places),
      paint(COLOR[severity], severity.padEnd('warning'.length)),
      paint('dim', code.padEnd(codes)),
      message,
    ].join('  ');
    const isFirst = at === 0 || lines[at - 1]?.file !== file;
    return isFirst && file !== null ? [paint('bold', safeLine(file)), `  ${text}`] : [`  ${text}`];
  });
  return [...shown, counts(findings)].join('\n');
}

/** `2 errors, 1 warning`, and hints where there are some. */
export function counts(findings: readonly Finding[]): string {
  const of = (severity: Finding['severity']): number => findings.filter((one) => one.severity === severity).length;
  const hints = of('hint');
  return [
    plural(of('error'), 'error'),
    plural(of('warning'), 'warning'),
    ...(hints === 0 ? [] : [plural(hints, 'hint')]),
  ].join(', ');
}

/** Errors and warnings by file, line and column. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) =>
      compare(a.file ?? '', b.file ?? '') ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0) ||
      compare(a.code, b.code),
  );
}

/** What stands somewhere in a product's folder: a finding, or a change. */
type Placed = Pick<Finding, 'file' | 'message'>;

/**
 * Findings, or changes, with their files as seen from `cwd`. The server names files as they were sent, so with several folders
 * the one is meant that its message begins with, or the only one that has such a file.
 */
export function located<Some extends Placed>(
  findings: readonly Some[],
  folders: readonly ProductFolder[],
  cwd: string,
): Some[] {
  return findings.map((finding) => {
    if (finding.file === null) return finding;
    const folder = folderOf(finding, finding.file, folders);
    if (folder === null) return finding;
    const file = isAbsolute(finding.file) ? finding.file : join(folder.path, within(finding.file, folder));
    return { ...finding, file: relative(cwd, file) };
  });
}

function folderOf({ message }: Placed, file: string, folders: readonly ProductFolder[]): ProductFolder | null {
  if (folders.length === 1) return folders[0] ?? null;
  const holders = folders.filter((folder) => has(folder, within(file, folder)));
  if (holders.length === 1) return holders[0] ?? null;
  const about = /^([a-z0-9-]+)\/([a-z0-9-]+): /.exec(message)?.[2];
  const named = holders.filter(({ name }) => name === about || file.startsWith(`${name}/`));
  return named.length === 1 ? (named[0] ?? null) : null;
}

/** A file may be named below its folder's name, too. */
function within(file: string, folder: ProductFolder): string {
  const short = file.startsWith(`${folder.name}/`) ? file.slice(folder.name.length + 1) : file;
  return has(folder, short) ? short : file;
}

function has({ files, unread }: ProductFolder, file: string): boolean {
  return files.some(({ path }) => path === file) || unread.some(({ path }) => path === file);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
