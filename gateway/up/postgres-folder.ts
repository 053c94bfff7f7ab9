import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { StartFailure, isSystemError } from './failure.ts';
import { canEnter, ownerOf, unprivilegedUser, type SystemUser } from './system-user.ts';

/** Root's data and copies of programs, where an unprivileged user can reach what a root user's home would hide. */
const OF_ROOT = '/var/lib/weft';

export interface PostgresFolder {
  readonly folder: string;
  /** Null where we run PostgreSQL as ourselves. */
  readonly user: SystemUser | null;
}

/**
 * `WEFT_HOME/postgres`, owned by the user who runs PostgreSQL. Where root's unprivileged user can't enter WEFT_HOME,
 * a link to a folder that it can enter; no other folder's permissions are changed.
 */
export async function postgresFolder(home: string): Promise<PostgresFolder> {
  const at = join(home, 'postgres');
  const user = await unprivilegedUser();
  if (lstatSync(at, { throwIfNoEntry: false }) === undefined) {
    if (user === null) mkdirSync(at, { mode: 0o700 });
    else if (await canEnter(home, user)) makeOwned(at, user);
    else symlinkSync(makeElsewhere(home, user), at);
  } else if (!existsSync(at)) {
    throw new StartFailure(
      `The database of this WEFT_HOME is gone: ${at} is a link to a folder that no longer exists. ` +
        'Put the folder back, or remove the link to begin with an empty database.',
    );
  }
  const folder = realpathSync(at);
  const owner = ownerOf(folder);
  if (user === null) {
    if (owner.uid === process.getuid?.()) return { folder, user };
    throw new StartFailure(
      `${folder} belongs to another user (uid ${owner.uid}): start Weft as that user, or as root.`,
    );
  }
  // A start that was killed between making the folder and giving it away.
  if (owner.uid === 0) chownSync(folder, user.uid, user.gid);
  const runner = owner.uid === 0 || owner.uid === user.uid ? user : owner;
  if (await canEnter(folder, runner)) return { folder, user: runner };
  throw new StartFailure(
    `The user ${runner.name}, who runs PostgreSQL for root, can no longer enter ${folder}: ` +
      'move WEFT_HOME back to where it was, or set DATABASE_URL.',
  );
}

/** Where copies of programs are kept between starts and clones. */
export function programCache(env: Readonly<Record<string, string | undefined>>): string {
  if (process.getuid?.() === 0) return OF_ROOT;
  const set = env['XDG_CACHE_HOME'];
  if (set !== undefined && set !== '') return join(set, 'weft');
  return process.platform === 'darwin' ? join(homedir(), 'Library/Caches/weft') : join(homedir(), '.cache/weft');
}

function makeElsewhere(home: string, user: SystemUser): string {
  const folder = join(OF_ROOT, randomBytes(8).toString('hex'));
  try {
    mkdirSync(OF_ROOT, { recursive: true });
    chmodSync(OF_ROOT, 0o755);
    makeOwned(folder, user);
    // Who finds the folder can tell what it belongs to.
    writeFileSync(`${folder}.weft-home`, `${home}\n`);
    return folder;
  } catch (error) {
    if (!isSystemError(error, 'EACCES', 'EROFS', 'EPERM', 'ENOSPC')) throw error;
    throw new StartFailure(
      `The user ${user.name}, who runs PostgreSQL for root, cannot enter ${home}, and ${OF_ROOT} cannot be written: ` +
        'set WEFT_HOME to a folder that this user can enter, or set DATABASE_URL.',
      error,
    );
  }
}

function makeOwned(folder: string, user: SystemUser): void {
  mkdirSync(folder, { mode: 0o700 });
  chownSync(folder, user.uid, user.gid);
}
