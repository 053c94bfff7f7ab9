import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

import { StartFailure, isSystemError } from './failure.ts';
import { lockHolder, takeLock, type LockOutcome } from './lock.ts';
import { ChildRegistry } from './registry.ts';

const upSchema = z.object({
  pid: z.number().int(),
  url: z.string(),
  temporalUiUrl: z.string().nullable(),
  ready: z.boolean(),
  ports: z.record(z.string(), z.number()),
});

/** What runs here, as `WEFT_HOME/up.json` says it. */
export type UpFile = z.infer<typeof upSchema>;
/** The same with its processes of this moment, which change when one is started again. */
export type RunningHere = UpFile & { readonly pids: Readonly<Record<string, number>> };

/** All local state, held by this process alone. */
export interface Home {
  readonly folder: string;
  readonly logs: string;
  readonly registry: ChildRegistry;
}

/** The checkout's root: children run there, and `.weft` lies there unless WEFT_HOME says otherwise. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Where WEFT_HOME is: as set, from the folder one stands in; else `.weft` in the checkout. */
export function homeFolder(env: Readonly<Record<string, string | undefined>>): string {
  const set = env['WEFT_HOME'];
  return set === undefined || set === '' ? join(ROOT, '.weft') : resolve(set);
}

/**
 * Makes and takes WEFT_HOME, and ends the processes that a killed holder left behind.
 * Refuses where another living process holds it, naming its URL and pid.
 */
export async function openHome(folder: string, progress: (line: string) => void = () => {}): Promise<Home> {
  const lock = takeFolder(folder);
  if (!lock.held) {
    const up = readUpFile(folder);
    const where = up?.pid === lock.by.pid ? ` at ${up.url}` : '';
    throw new StartFailure(
      `Weft already runs on ${folder}${where} (pid ${lock.by.pid}). Use it, end it, or set WEFT_HOME to another folder.`,
    );
  }
  rmSync(join(folder, 'up.json'), { force: true });
  const logs = join(folder, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const registry = new ChildRegistry(folder);
  const ended = await registry.endLeftovers();
  if (ended.length > 0) progress(`Ended what a killed start had left behind: ${ended.join(', ')}`);
  return { folder, logs, registry };
}

/** What runs on this WEFT_HOME; null where nothing does, or it has not come that far. */
export function readUpFile(folder: string): RunningHere | null {
  try {
    const up = upSchema.parse(JSON.parse(readFileSync(join(folder, 'up.json'), 'utf8')));
    if (lockHolder(join(folder, 'lock'))?.pid !== up.pid) return null;
    return { ...up, pids: new ChildRegistry(folder).pids() };
  } catch {
    return null;
  }
}

/** Says to the command line what runs here. */
export function writeUpFile(folder: string, up: UpFile): void {
  writeSecret(join(folder, 'up.json'), JSON.stringify(up, null, 2));
}

/** The key with every right: the given one, else the one kept in `admin.key`, else a new one that is kept there. */
export function adminKey(folder: string, given: string | undefined): string {
  if (given !== undefined && given !== '') return given;
  return keptSecret(join(folder, 'admin.key'), 'weft_admin_');
}

/** A secret of 256 random bits that is made once and kept in a file of mode 600. */
export function keptSecret(file: string, prefix = ''): string {
  if (existsSync(file)) {
    const kept = readFileSync(file, 'utf8').trim();
    if (kept === '') throw new StartFailure(`${file} is empty. Remove it, or put the secret back into it.`);
    return kept;
  }
  const secret = prefix + randomBytes(32).toString('base64url');
  writeSecret(file, `${secret}\n`);
  return secret;
}

function writeSecret(file: string, text: string): void {
  const draft = `${file}.draft`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  renameSync(draft, file);
}

function takeFolder(folder: string): LockOutcome {
  try {
    if (!existsSync(folder)) {
      mkdirSync(folder, { recursive: true });
      // Root's Postgres runs as another user, who must be able to pass through; every secret is a file of mode 600.
      chmodSync(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
    }
    return takeLock(join(folder, 'lock'));
  } catch (error) {
    if (!isSystemError(error, 'EACCES', 'EROFS', 'ENOTDIR', 'EPERM', 'EEXIST')) throw error;
    throw new StartFailure(
      `WEFT_HOME cannot be used at ${folder}: set it to a folder that this user may write.`,
      error,
    );
  }
}
