import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, open, readFile, realpath, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { Refusal } from '../../schema/errors.ts';
import type { FileStore } from './file-store.ts';

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
      const draft = at(`.${randomUUID()}`);
      await writeFile(draft, text);
      await synced(draft);
      await rename(draft, at(name));
    },
    writeFolder: async (name, files) => {
      const [target, draft] = [at(name), join(dirname(at(name)), `.${randomUUID()}`)];
      await mkdir(draft, { recursive: true });
      try {
        for (const file of files) {
          await copyFile(file.path, join(draft, file.name));
          await synced(join(draft, file.name));
        }
        await rm(target, { recursive: true, force: true });
        await rename(draft, target);
      } finally {
        await rm(draft, { recursive: true, force: true });
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
