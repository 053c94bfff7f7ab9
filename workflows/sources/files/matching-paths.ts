import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, posix, sep } from 'node:path';
import picomatch from 'picomatch';
import { Refusal } from '../../../schema/errors.ts';
import type { FileRoot } from '../file-path.ts';

/** Entries of folders that a pattern is held against: more are no folder of data, but a disk. */
const ENTRIES_MAX = 200_000;

/** Files below a folder: which of their paths, as they are from there, are meant, and how deep they may lie. */
interface Search {
  readonly folder: string;
  readonly isMeant: (path: string) => boolean;
  readonly depth: number;
}

/**
 * The files that a path means where it is a pattern or a folder, in the order of their paths; null where it is the path of one file. Of
 * the roots, the first counts in which there are any. What begins with a dot is none, nor are files that begin with `_`: writers leave
 * their marks so.
 */
export async function matchingPaths(
  path: string,
  roots: readonly FileRoot[],
  { endings, limit }: { readonly endings: readonly string[]; readonly limit: number },
): Promise<readonly string[] | null> {
  if (path.includes('\0')) return null;
  const { isGlob } = picomatch.scan(path);
  const starts = isAbsolute(path)
    ? [{ folder: '/', limits: roots }]
    : roots.map((root) => ({ folder: root.folder, limits: [root] }));
  for (const { folder, limits } of starts) {
    const found = await stat(join(folder, path)).catch(() => null);
    // A file of that very name is meant, though its letters could be a pattern too.
    if (found !== null && !found.isDirectory()) return null;
    if (found === null && !isGlob) continue;
    const search = found === null ? patternSearch(path) : { folder: path, isMeant: endsLike(endings), depth: 1 };
    const files = await filesBelow(folder, search, limits, path);
    if (files.length > limit)
      throw new Refusal(
        'SOURCE_MISSING',
        `${JSON.stringify(path)} is ${files.length} files, and ${limit} are read as one source: bring them together, or name fewer.`,
      );
    if (files.length > 0) return files;
  }
  return isGlob || path.endsWith('/') ? [] : null;
}

/** True of names that end as files of a format do, packed or not. */
export function endsLike(endings: readonly string[]): (name: string) => boolean {
  const ending = new RegExp(`\\.(${endings.join('|')})(\\.(gz|zst))?$`, 'i');
  return (name) => ending.test(name);
}

/** A pattern is searched below its last folder that has no pattern in its name. */
function patternSearch(path: string): Search {
  const { base, glob } = picomatch.scan(path);
  return {
    folder: base,
    isMeant: picomatch(glob),
    depth: glob.includes('**') ? Number.POSITIVE_INFINITY : glob.split('/').length,
  };
}

async function filesBelow(
  start: string,
  { folder, isMeant, depth }: Search,
  limits: readonly FileRoot[],
  asked: string,
): Promise<string[]> {
  const top = await realpath(join(start, folder)).catch(() => null);
  if (top === null || !(await isWithin(top, limits))) return [];
  const found: string[] = [];
  let seen = 0;
  const walk = async (path: string, level: number): Promise<void> => {
    for (const entry of await readdir(join(top, path), { withFileTypes: true }).catch(() => [])) {
      if ((seen += 1) > ENTRIES_MAX)
        throw new Refusal(
          'SOURCE_MISSING',
          `${JSON.stringify(asked)} looks through more than ${ENTRIES_MAX} files and folders: begin it with the folder in which they lie.`,
        );
      const inner = posix.join(path, entry.name);
      const isFolder = entry.isDirectory();
      if (entry.name.startsWith('.') || (entry.name.startsWith('_') && !isFolder)) continue;
      // A link is followed where the file is opened, which judges where it leads; never to a folder.
      if (!isFolder && isMeant(inner)) found.push(inner);
      if (isFolder && level < depth) await walk(inner, level + 1);
    }
  };
  await walk('', 1);
  return found.sort().map((path) => join(folder, path));
}

async function isWithin(real: string, limits: readonly FileRoot[]): Promise<boolean> {
  for (const { within } of limits) {
    const limit = await realpath(within).catch(() => null);
    if (limit !== null && (real === limit || real.startsWith(limit + sep))) return true;
  }
  return false;
}
