import { stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

import { passes } from '../../../schema/findings.ts';
import { productId } from '../../../schema/ids.ts';
import { productFolders } from '../../up/product-folders.ts';
import { EXIT, wrongUsage } from '../exit.ts';
import { findingsText } from '../findings-text.ts';
import { draftFrom, type DraftOptions } from '../init/draft-from.ts';
import { guessesIn } from '../init/guessed-yaml.ts';
import { writeFiles } from '../init/write-files.ts';
import { offlineCheck } from '../offline-check.ts';
import { plural, table } from '../table.ts';
import { safeLine, type Terminal } from '../terminal.ts';

/** As the command line has them. */
export type InitOptions = DraftOptions & { readonly to?: string; readonly force?: boolean };

/** A larger file is read where it lies. */
const COPIED_BYTES = 64 * 1024 * 1024;

/** Writes a product's first documents, of what a source was seen to hold or as a skeleton, and checks them. */
export async function init(terminal: Terminal, given: string, options: InitOptions): Promise<number> {
  const id = productId(given);
  if (id === null)
    throw wrongUsage(
      `${given.slice(0, 80)} is no product: write domain/product, both in lower case with hyphens and of at most 40 letters, as in sales/returns.`,
    );
  const folder = resolve(terminal.cwd, options.to ?? id.slice(id.indexOf('/') + 1));
  const copied = await toBeCopied(terminal.cwd, folder, options.from);
  const { files, notes } = await draftFrom(terminal, id, { ...options, folder, isCopied: copied !== null });
  await writeFiles(folder, files, { copied, force: options.force === true });
  // What policies ask for is the author's to write: `weft check` tells it once the guesses are confirmed.
  const { findings } = await offlineCheck((await productFolders(folder)) ?? [], terminal, { governed: false });
  const place = relative(terminal.cwd, folder) || '.';
  const written = files.map(({ path, text }) => ({ path: join(place, path), guesses: guessesIn(text) }));
  const guesses = written.reduce((sum, file) => sum + file.guesses, 0);
  terminal.show({ product: id, folder, files: written, copied, notes, findings }, () =>
    table(
      ['FILE', 'GUESSES'],
      written.map((file) => [file.path, file.guesses === 0 ? '' : String(file.guesses)]),
    ),
  );
  for (const note of notes) terminal.say(safeLine(note));
  if (findings.length > 0) terminal.say(findingsText(findings, terminal));
  if (!passes(findings)) return EXIT.refused;
  const marked = guesses === 0 ? 'Fill in' : `${plural(guesses, 'guess', 'guesses')} marked \`# guess:\`: confirm`;
  terminal.say(`${marked} what stands in ${place}, then: weft check ${place}`);
  return EXIT.done;
}

/** A data file outside of the product's folder is copied into it, where it is not too large: sources lie in their product's folder. */
async function toBeCopied(cwd: string, folder: string, from: string | undefined): Promise<string | null> {
  if (from === undefined || /^[a-z]+:\/\//i.test(from)) return null;
  const path = resolve(cwd, from);
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile() || found.size > COPIED_BYTES || /\.(ya?ml|graphqls?|gql)$/.test(path))
    return null;
  return `${dirname(path)}/`.startsWith(`${folder}/`) ? null : path;
}
