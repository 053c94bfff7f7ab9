import { createHash } from 'node:crypto';
import { dirname, basename } from 'node:path';
import { Refusal } from '../../../schema/errors.ts';
import { openFile, type FileRoot, type OpenFile, stampOf } from '../file-path.ts';
import type { SourceAsk } from '../source.ts';
import type { FindFiles, FoundFile, FoundFiles } from './found-files.ts';
import { incomplete } from './incomplete.ts';
import { matchingPaths } from './matching-paths.ts';

/** Files of one source. Each holds a descriptor, of which systems give a process some 20,000 and upwards. */
export const FILES_MAX = 10_000;

/**
 * Files on this machine: one, those that a pattern matches (`data/2026-*.csv`), or those of a folder that end as their format does.
 * Each is held open, so that what was looked at is what is read.
 */
export const localFiles: FindFiles = (ask, { endings }) => heldFiles(ask, endings);

/** The same for one who opens them by their paths: `paths` are without links, and lie where sources may. */
export async function heldFiles(
  ask: SourceAsk,
  endings: readonly string[],
): Promise<FoundFiles & { readonly paths: readonly string[] }> {
  const path = pathOf(ask);
  const roots = ask.folder === null ? ask.roots : [{ folder: ask.folder, within: ask.folder }, ...ask.roots];
  const held: OpenFile[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(held.map(({ handle }) => handle.close()));
  };
  try {
    for (const one of await pathsOf(path, roots, endings)) held.push(await hold(one, roots, path));
    return { ...found(path, held, close), paths: held.map((file) => file.path) };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A server says the file, or the folder in which each object has one of its own (`physicalName`). */
function pathOf({ server, object }: SourceAsk): string {
  const path = server.path ?? '';
  return path.endsWith('/') && object.physicalName !== null ? path + object.physicalName : path;
}

async function pathsOf(
  path: string,
  roots: readonly FileRoot[],
  endings: readonly string[],
): Promise<readonly string[]> {
  const paths = await matchingPaths(path, roots, { endings, limit: FILES_MAX });
  if (paths === null) return [path];
  if (paths.length === 0)
    throw new Refusal(
      'SOURCE_MISSING',
      `No file is at ${JSON.stringify(path)}${path.endsWith('/') ? ` that ends in ${endings.map((one) => `.${one}`).join(' or ')}` : ''}: looked in the product's own folder, in the folders of WEFT_FILE_ROOTS, and among the example data.`,
    );
  return paths;
}

async function hold(path: string, roots: readonly FileRoot[], label: string): Promise<OpenFile> {
  return openFile(path, roots).catch((error: unknown) => {
    const { code } = (error instanceof Refusal ? (error.cause ?? {}) : {}) as { code?: unknown };
    if (code !== 'EMFILE' && code !== 'ENFILE') throw error;
    throw new Refusal(
      'SOURCE_MISSING',
      `${JSON.stringify(label)} is more files than this worker may hold open: give it a higher limit of open files, or bring them together.`,
      { cause: error },
    );
  });
}

/** A file that changed less than so long ago may change once more and keep its time: some systems count in steps of 2 s. */
const YOUNG_MS = 2_000;

function stateOf(held: readonly OpenFile[], openedMs: number): string | null {
  if (held.some(({ stamp }) => stamp.modifiedMs > openedMs - YOUNG_MS)) return null;
  const marks = held.map(({ path, stamp: { bytes, inode, changed } }) => [path, bytes, inode, changed]);
  return createHash('sha256').update(JSON.stringify(marks)).digest('hex');
}

function found(label: string, held: readonly OpenFile[], close: () => Promise<void>): FoundFiles {
  const isOne = held.length === 1;
  const state = stateOf(held, Date.now());
  return {
    label,
    files: held.map((file): FoundFile => {
      const { bytes: size } = file.stamp;
      const bytes = { path: file.readable, size, whole: true };
      return { name: isOne ? label : basename(file.path), bring: () => Promise.resolve(bytes) };
    }),
    facts: () => ({
      file: label,
      ...(!isOne && { files: held.length }),
      bytes: held.reduce((sum, { stamp }) => sum + stamp.bytes, 0),
      modifiedMs: held.reduce((latest, { stamp }) => Math.max(latest, stamp.modifiedMs), 0),
    }),
    verify: async () => {
      for (const file of held) await requireUnchanged(file, isOne ? label : basename(file.path));
    },
    state: () => state,
    isStill: (former) => Promise.resolve(state === former),
    close,
  };
}

async function requireUnchanged(file: OpenFile, name: string): Promise<void> {
  const [now, same] = [await stampOf(file.handle), await stillThere(file)];
  if (!same || now.bytes !== file.stamp.bytes || now.modifiedMs !== file.stamp.modifiedMs)
    throw incomplete(name, `changed while it was read (${file.stamp.bytes} bytes before, ${now.bytes} after)`);
}

/** The path still leads to the file that was opened: none was put in its place. */
async function stillThere(file: OpenFile): Promise<boolean> {
  const folder = dirname(file.path);
  const now = await openFile(file.path, [{ folder, within: folder }]).catch(() => null);
  if (now === null) return false;
  await now.handle.close();
  return now.stamp.inode === file.stamp.inode;
}
