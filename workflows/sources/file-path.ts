import { constants } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import { Refusal } from '../../schema/errors.ts';

/** A regular file under one of the roots, held open so that what was checked is what is read. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly path: string;
  /** What another part of this process may open to read the very file: by descriptor where the system can. */
  readonly readable: string;
  readonly stamp: FileStamp;
}

/** A folder that relative paths are looked up in, and the one that what is found must lie within: mostly the same. */
export interface FileRoot {
  readonly folder: string;
  readonly within: string;
}

export interface FileStamp {
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly inode: number;
  /** When its content, and when anything of it, changed last, as exactly as the system knows. */
  readonly changed: string;
}

/**
 * Finds a file: a relative path in each root in turn, an absolute one where it lies within a root. Links are followed only
 * as long as they stay within. Refuses with SOURCE_MISSING what is not there, lies outside, or is no regular file.
 */
export async function openFile(path: string, roots: readonly FileRoot[]): Promise<OpenFile> {
  if (path.includes('\0')) throw missing(path, 'has a NUL character in its path');
  let reason = 'is not there';
  for (const { folder, within } of roots) {
    const [start, limit] = await Promise.all([folder, within].map((name) => realpath(name).catch(() => null)));
    if (start === null || start === undefined || limit === null || limit === undefined) continue;
    const real = await realpath(isAbsolute(path) ? path : join(start, path)).catch(() => null);
    if (real === null) continue;
    if (!real.startsWith(limit + sep)) {
      reason = 'lies outside the folders that sources may lie in';
      continue;
    }
    return openRegular(path, real);
  }
  throw missing(path, reason);
}

/** Size, time and inode as they are now. */
export async function stampOf(handle: FileHandle): Promise<FileStamp> {
  const { size, mtimeMs, mtimeNs, ctimeNs, ino } = await handle.stat({ bigint: true });
  return { bytes: Number(size), modifiedMs: Number(mtimeMs), inode: Number(ino), changed: `${mtimeNs} ${ctimeNs}` };
}

async function openRegular(asked: string, real: string): Promise<OpenFile> {
  // Nonblocking: opening a FIFO for reading would wait for a writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(real, flags).catch((error: unknown) => {
    throw missing(asked, 'may not be read', error);
  });
  try {
    if (!(await handle.stat()).isFile()) throw missing(asked, 'is no regular file');
    const readable = process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : real;
    return { handle, path: real, readable, stamp: await stampOf(handle) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function missing(path: string, found: string, cause?: unknown): Refusal {
  return new Refusal(
    'SOURCE_MISSING',
    `The source file ${JSON.stringify(path)} ${found}. It may lie in the product's own folder, in a folder of WEFT_FILE_ROOTS, or with the example data.`,
    { cause },
  );
}
