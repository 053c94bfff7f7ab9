import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

import { isSystemError } from './failure.ts';
import { identify, isAlive, type ProcessIdentity } from './identity.ts';

const holderSchema = z.object({ pid: z.number().int(), born: z.string() });

/** Either this process holds the folder from now on, or another living one does. */
export type LockOutcome = { readonly held: true } | { readonly held: false; readonly by: ProcessIdentity };

/**
 * Takes a folder for this process until it ends; there is nothing to release, since a dead holder holds nothing.
 *
 * Files are numbered, and the highest one's process is the holder. A dead holder is followed by making the next
 * number, which the file system grants to one alone; the highest is never removed. So two that start at once
 * cannot both win, as they could if a stale lock were deleted first.
 */
export function takeLock(folder: string): LockOutcome {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const me = identify(process.pid);
  if (me === null) throw new Error('This process cannot find its own start time');
  const draft = join(folder, `${randomUUID()}.draft`);
  // The file appears under its number with all its content, by a link: no reader sees half of it.
  writeFileSync(draft, JSON.stringify(me), { mode: 0o600, flag: 'wx' });
  try {
    for (;;) {
      const highest = numbers(folder).at(-1) ?? 0;
      const holder = highest === 0 ? null : readHolder(folder, highest);
      if (holder === 'gone') continue;
      if (holder !== null && isAlive(holder)) {
        return holder.pid === me.pid ? { held: true } : { held: false, by: holder };
      }
      const mine = highest + 1;
      if (!linked(draft, join(folder, String(mine)))) continue;
      // A slow taker may find its number free because a later holder has swept it away: then it is not the highest.
      if (numbers(folder).at(-1) !== mine) {
        rmSync(join(folder, String(mine)), { force: true });
        continue;
      }
      for (const lower of numbers(folder)) if (lower < mine) rmSync(join(folder, String(lower)), { force: true });
      return { held: true };
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Who holds the folder now; null where nobody living does. */
export function lockHolder(folder: string): ProcessIdentity | null {
  for (;;) {
    let highest: number;
    try {
      highest = numbers(folder).at(-1) ?? 0;
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return null;
      throw error;
    }
    if (highest === 0) return null;
    const holder = readHolder(folder, highest);
    if (holder === 'gone') continue;
    return holder !== null && isAlive(holder) ? holder : null;
  }
}

function numbers(folder: string): number[] {
  return readdirSync(folder)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

function readHolder(folder: string, number: number): ProcessIdentity | 'gone' | null {
  let text: string;
  try {
    text = readFileSync(join(folder, String(number)), 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return 'gone';
    throw error;
  }
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    // Cut off by a crash of the whole machine: nobody who wrote it can still run.
    return null;
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  }
}
