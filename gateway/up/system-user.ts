import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { promisify } from 'node:util';

import { StartFailure } from './failure.ts';

const run = promisify(execFile);

/** Who runs PostgreSQL, which refuses to run as root. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Users that systems have of old, the fitter one first. None is ever made. */
const CANDIDATES = ['postgres', 'nobody'];

/** The unprivileged user for root's PostgreSQL; null where we aren't root and run it ourselves. */
export async function unprivilegedUser(): Promise<SystemUser | null> {
  if (process.getuid?.() !== 0) return null;
  for (const name of CANDIDATES) {
    const uid = await idOf('-u', name);
    const gid = await idOf('-g', name);
    if (uid !== null && gid !== null && uid !== 0) return { name, uid, gid };
  }
  throw new StartFailure(
    `PostgreSQL does not run as root, and this system has none of the users ${CANDIDATES.join(', ')}. ` +
      'Start Weft as another user than root, or set DATABASE_URL.',
  );
}

/** Who owns a folder, as the one to run as: data that exists decides by whom it can be read. */
export function ownerOf(folder: string): SystemUser {
  const { uid, gid } = statSync(folder);
  return { name: `uid ${uid}`, uid, gid };
}

/** True where `user` may enter a folder: the system is asked, not the mode bits, since there are ACLs and mounts. */
export async function canEnter(folder: string, user: SystemUser): Promise<boolean> {
  try {
    await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { cwd: '/', uid: user.uid, gid: user.gid });
    return true;
  } catch {
    return false;
  }
}

async function idOf(option: '-u' | '-g', name: string): Promise<number | null> {
  try {
    return Number((await run('id', [option, name])).stdout.trim());
  } catch {
    return null;
  }
}
