import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { REFUSALS } from '../../schema/errors.ts';

/** Where the page lies. */
export const ERRORS_PAGE = new URL('../../docs/errors.md', import.meta.url);

/** The page of all refusals, printed from their one catalogue. */
export function errorsPage(): string {
  const rows = Object.entries(REFUSALS)
    .sort(([one], [other]) => one.localeCompare(other, 'en'))
    .map(
      ([code, { http, retry, says }]) =>
        `| \`${code}\` | ${http} | ${retry ? 'yes' : 'no'} | ${says.replaceAll('|', '\\|')} |`,
    );
  return `${[
    '# Refusals',
    '',
    '<!-- Printed from schema/errors.ts by `npm run docs:errors`; do not edit. -->',
    '',
    'A refusal is an expected no. It is safe to show, changes nothing, and carries one of these codes: in GraphQL as',
    '`extensions.code` (with `extensions.findings` where a check found them), in Temporal as the type of the failure, on the',
    'command line by exit code 1 (3 where it is `UNAUTHENTICATED` or `FORBIDDEN`). What is not in this list is a fault of the',
    'platform: it is logged with its cause and shown as `INTERNAL` with a reference.',
    '',
    '"Retry" says whether the same request may succeed later without anyone changing it.',
    '',
    '| code | HTTP | retry | says |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const page = errorsPage();
  const before = await readFile(ERRORS_PAGE, 'utf8').catch(() => '');
  if (before !== page) await writeFile(ERRORS_PAGE, page);
  console.log(before === page ? 'docs/errors.md is up to date' : 'docs/errors.md printed');
}
