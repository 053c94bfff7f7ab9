import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, open, readdir, readFile, realpath, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { Refusal } from '../../schema/errors.ts';
import type { FileStore } from './file-store.ts';

/** Hidden from whoever reads all of a folder. */
const DRAFT = '.weft-draft-';

/**
 * A folder of this machine: a relative path in the first of the roots, an absolute one where it lies within one. Refuses with
 * DELIVERY_REFUSED what lies outside, links followed.
 */
export async function folderStore(path: string, roots: readonly string[]): Promise<FileStore> {
  const folder = await within(path, roots);
  const at = (name: string): string => join(folder, name);
  return {
    label: path,
    readText: (name) =>
      readFile(at(name), 'utf8').catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }),
    writeText: async (name, text) => {
      const draft = draftOf(at(name));
      await writeFile(draft, text);
      await synced(draft);
      await rename(draft, at(name));
      await removeDrafts(dirname(draft));
    },
    writeFolder: async (name, files) => {
      const [target, draft, former] = [at(name), draftOf(at(name)), draftOf(at(name))];
      await mkdir(draft, { recursive: true });
      try {
        for (const file of files) {
          await copyFile(file.path, join(draft, file.name));
          await synced(join(draft, file.name));
        }
        await rename(target, former).catch(unlessMissing);
        // Nobody knows of it yet; but another attempt may have brought it there, and thrown this one's away.
        await rename(draft, target).catch(async (error: unknown) => {
          await rename(former, target).catch(unlessMissing);
          throw error;
        });
      } finally {
        await removeDrafts(dirname(draft));
      }
    },
    remove: async (name) => {
      await rm(at(name), { force: true });
      // The version's folder goes with its last file.
      await rmdir(dirname(at(name))).catch(() => undefined);
    },
    close: () => Promise.resolve(),
  };
}

/** Beside what it is to become. */
function draftOf(target: string): string {
  return join(dirname(target), `${DRAFT}${randomUUID()}`);
}

/** Own ones, and those of processes that were killed. One that is at work after all fails by it, and is done again. */
async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith(DRAFT)) await rm(join(folder, name), { recursive: true, force: true });
}

function unlessMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

async function within(path: string, roots: readonly string[]): Promise<string> {
  const [first] = roots;
  if (first !== undefined) await mkdir(first, { recursive: true });
  for (const root of isAbsolute(path) ? roots : roots.slice(0, 1)) {
    const wanted = isAbsolute(path) ? resolve(path) : resolve(root, path);
    const real = await realpath(root).catch(() => null);
    if (real === null || relative(root, wanted).split(sep)[0] === '..') continue;
    // What is there already decides where it leads, before anything is made.
    if (!isIn(await realpath(await nearest(wanted)), real)) continue;
    await mkdir(wanted, { recursive: true });
    return realpath(wanted);
  }
  throw new Refusal(
    'DELIVERY_REFUSED',
    `The folder ${JSON.stringify(path)} lies outside those that may be delivered to: an operator lists them in WEFT_DELIVERY_ROOTS.`,
  );
}

/** The folder itself, or the first above it that is there. */
async function nearest(path: string): Promise<string> {
  return (await realpath(path).catch(() => null)) === null ? nearest(dirname(path)) : path;
}

function isIn(path: string, root: string): boolean {
  return path === root || path.startsWith(root + sep);
}

async function synced(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
