import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { productId } from '../../../schema/ids.ts';
import { changesText, neededBump } from '../changes-text.ts';
import { CommandFailure, EXIT, wrongUsage } from '../exit.ts';
import { located, sorted } from '../findings-text.ts';
import { givenFolders, productsInput, unreadFindings } from '../given-folders.ts';
import { OPERATIONS } from '../operations.ts';
import { safeLine, type Terminal } from '../terminal.ts';

/**
 * Shows what changed, weighed: between two revisions of a product (`3..5`; by default the newest two), or what the products at and below
 * a folder change of those that are live. A folder of the product's name is meant where there is one and no revisions are given.
 */
export async function diff(terminal: Terminal, given: string, range: string | undefined): Promise<number> {
  if (range === undefined && (await isFolder(resolve(terminal.cwd, given)))) return diffOfFolder(terminal, given);
  if (productId(given) === null)
    throw wrongUsage(`${given} is no folder, and no product's id, which is like network/airports.`);
  return diffOfRevisions(terminal, given, range === undefined ? {} : revisionsIn(range));
}

async function diffOfRevisions(terminal: Terminal, id: string, asked: { from?: number; to?: number }): Promise<number> {
  const { diff: found } = await terminal.ask(OPERATIONS.diff, { id, ...asked });
  const { from, to, bump, changes } = found;
  const end = ({ revision, version }: typeof from) => ({ revision, version });
  terminal.show({ product: id, from: end(from), to: end(to), bump, changes }, () => changesText(changes, terminal));
  terminal.say(safeLine(`${id}: revision ${from.revision} (${from.version}) to ${to.revision} (${to.version}).`));
  return EXIT.done;
}

async function diffOfFolder(terminal: Terminal, path: string): Promise<number> {
  const { cwd, ask } = terminal;
  const folders = await givenFolders(path, cwd);
  const unread = unreadFindings(folders, cwd);
  if (unread.length > 0)
    throw new CommandFailure(EXIT.refused, 'FILE_UNREAD', 'Not all files can be read.', { findings: unread });
  const { check: outcome } = await ask(OPERATIONS.check, { products: productsInput(folders) });
  const changes = outcome.__typename === 'Unchanged' ? [] : outcome.changes;
  const isNew = outcome.__typename === 'Published' && outcome.published.some(({ revision }) => revision === 1);
  const isRejected = outcome.__typename === 'Rejected';
  const findings = sorted(located(outcome.findings, folders, cwd)).filter(({ severity }) => severity === 'error');
  // What does not read has no changes to show, only faults.
  if (isRejected && changes.length === 0)
    throw new CommandFailure(EXIT.refused, outcome.code, outcome.message, { findings });
  terminal.show({ bump: neededBump(changes), changes, passes: !isRejected }, () =>
    changes.length === 0 && isNew ? 'New: there is nothing live to compare it with.' : changesText(changes, terminal),
  );
  terminal.say(
    isRejected ? terminal.paint('red', `A publish would be refused: weft check ${path}`) : `Next: weft publish ${path}`,
  );
  return isRejected ? EXIT.refused : EXIT.done;
}

/** `3..5`, `3..` (to the newest), `..5` (from the one before), `5` (the same). */
function revisionsIn(range: string): { from?: number; to?: number } {
  const [, from = '', dots, to = ''] = /^(\d{0,9})(\.\.)?(\d{0,9})$/.exec(range) ?? [];
  if (from === '' && to === '') throw wrongUsage(`${range} names no revisions: write 3..5, 3.. or 5.`);
  if (dots === undefined) return { to: Number(from) };
  return { ...(from === '' ? {} : { from: Number(from) }), ...(to === '' ? {} : { to: Number(to) }) };
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
