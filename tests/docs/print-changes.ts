import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { CHANGES } from '../../schema/contract/changes/change-codes.ts';

/** Where the page lies. */
export const CHANGES_PAGE = new URL('../../docs/changes.md', import.meta.url);

/** The page of all changes, printed from their one table. */
export function changesPage(): string {
  const rows = Object.entries(CHANGES).map(
    ([code, { weight, bump, says }]) => `| \`${code}\` | ${weight} | ${bump} | ${says.replaceAll('|', '\\|')} |`,
  );
  return `${[
    '# Changes',
    '',
    '<!-- Printed from schema/contract/changes/change-codes.ts by `npm run docs:changes`; do not edit. -->',
    '',
    '`weft diff`, `publish` and `check` name every difference between two revisions of a product by one of these codes. _Safe_:',
    'nobody notices. _Risky_: what worked goes on working, and may answer otherwise. _Breaking_: an operation that was valid no',
    'longer is, or may fail. The version is the least step that the change asks for ([017](decisions/017-versions-and-rollback.md)).',
    '',
    '`coordinates` are schema coordinates of which an operation uses one if the change meets it; where there are none, no operation',
    'can tell, and all who use the product are met.',
    '',
    '| code | weight | version | says |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const page = changesPage();
  const before = await readFile(CHANGES_PAGE, 'utf8').catch(() => '');
  if (before !== page) await writeFile(CHANGES_PAGE, page);
  console.log(before === page ? 'docs/changes.md is up to date' : 'docs/changes.md printed');
}
