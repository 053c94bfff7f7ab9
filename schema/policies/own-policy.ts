import { basename } from 'node:path';
import { errorFinding, type Finding } from '../findings.ts';
import type { ExpressionText } from './expression-policy.ts';
import { type Policy, POLICY_SEVERITIES, type PolicyDocumentation } from './policy.ts';
import { z } from 'zod';

/** A policy of the organisation's own: what it is called and says, and what judges by it, which is run apart. */
export interface OwnPolicy extends Omit<Policy, 'judge'> {
  readonly source:
    ({ readonly kind: 'expression' } & ExpressionText) | { readonly kind: 'file'; readonly path: string };
}

/** What it is given is its own affair. */
const ANY_PARAMETERS = z.record(z.string(), z.unknown()).prefault({});

/**
 * A policy that lies in a file: named for it (`cost-center.ts` is COST_CENTER), and documented by the comment in front of its one
 * exported function: the reason, then `@passes`, `@fails`, `@mend` and `@severity` (warning where there is none).
 */
export function readOwnPolicy({ path, text }: { readonly path: string; readonly text: string }): {
  policy: OwnPolicy | null;
  findings: readonly Finding[];
} {
  const id = basename(path)
    .replace(/\.[cm]?[jt]s$/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase();
  const refused = (message: string, line: number | null): ReturnType<typeof readOwnPolicy> => ({
    policy: null,
    findings: [
      { ...errorFinding('POLICY_CONFIGURATION', message, { file: path }), line, column: line === null ? null : 1 },
    ],
  });
  if (!/^[A-Z][A-Z0-9_]*$/.test(id))
    return refused(`${basename(path)} names no policy: begin the file's name with a letter.`, null);
  const [whole, comment] = /\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*export\s+(?:async\s+)?function\b/.exec(text) ?? [];
  if (whole === undefined || comment === undefined)
    return refused(
      `${basename(path)} has no exported function with a comment (/** … */) in front of it that gives its reason.`,
      1,
    );
  const line = text.slice(0, text.indexOf(whole)).split('\n').length;
  const { '': reason = '', severity = 'warning', ...words } = tagsOf(comment);
  const missing = [
    ...(reason === '' ? ['a reason'] : []),
    ...(['passes', 'fails', 'mend'] as const).filter((tag) => !words[tag]).map((tag) => `@${tag}`),
  ];
  if (missing.length > 0) return refused(`The comment of ${basename(path)} lacks ${missing.join(', ')}.`, line);
  const known = POLICY_SEVERITIES.find((one) => one === severity);
  if (known === undefined)
    return refused(
      `@severity of ${basename(path)} must be one of ${POLICY_SEVERITIES.join(', ')}; found ${severity.slice(0, 40)}.`,
      line,
    );
  // Each was just seen to be there.
  const documentation = { passes: words['passes'], fails: words['fails'], mend: words['mend'] } as PolicyDocumentation;
  return {
    policy: { id, reason, severity: known, documentation, parameters: ANY_PARAMETERS, source: { kind: 'file', path } },
    findings: [],
  };
}

/** The text of each tag; that before all tags is ''. */
function tagsOf(comment: string): Record<string, string> {
  const tags: Record<string, string> = {};
  let tag = '';
  for (const line of comment.split('\n').map((one) => one.replace(/^\s*\*? ?/, '').trimEnd())) {
    const [, name, rest = line] = /^@([a-z]+)\s*(.*)$/.exec(line.trimStart()) ?? [];
    if (name !== undefined) tag = name;
    tags[tag] = `${tags[tag] ?? ''}\n${rest}`;
  }
  return Object.fromEntries(Object.entries(tags).map(([name, text]) => [name, text.trim()]));
}
