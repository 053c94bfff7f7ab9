import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { isSystemError } from '../up/failure.ts';
import { homeFolder, readUpFile } from '../up/home.ts';
import { CommandFailure, EXIT, wrongUsage } from './exit.ts';

/** Whom the command line speaks to, and as whom. */
export interface Settings {
  /** Without a slash at its end. */
  readonly url: string;
  /** Null: as nobody in particular. */
  readonly key: string | null;
  /** WEFT_HOME. */
  readonly home: string;
  /** Null where nobody said. */
  readonly temporalUiUrl: string | null;
  /** What `weft up` would heed. */
  readonly env: Environment;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_URL = 'http://localhost:4000';
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Reads WEFT_URL and WEFT_KEY, else what runs on WEFT_HOME and its admin key. Refuses what is no URL and no key. */
export function settings(env: Environment): Settings {
  const home = homeFolder(env);
  const running = readUpFile(home);
  const url = serverUrl(set(env['WEFT_URL']) ?? running?.url ?? DEFAULT_URL);
  // The local admin key is for what runs here: a server elsewhere must not learn it.
  const key =
    set(env['WEFT_KEY']) ?? (LOOPBACK.has(new URL(url).hostname) || url === running?.url ? keptKey(home) : null);
  if (key !== null && !/^[\x21-\x7e]+$/.test(key)) throw wrongUsage('WEFT_KEY has characters that no key has.');
  return { url, key, home, temporalUiUrl: set(env['WEFT_TEMPORAL_UI_URL']) ?? running?.temporalUiUrl ?? null, env };
}

/** True where color is welcome on a terminal (https://no-color.org). */
export function wantsColor(env: Environment): boolean {
  return set(env['NO_COLOR']) === null && env['TERM'] !== 'dumb';
}

function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw wrongUsage('WEFT_URL must be like http://localhost:4000, without user and password.');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function keptKey(home: string): string | null {
  const file = join(home, 'admin.key');
  try {
    return set(readFileSync(file, 'utf8').trim());
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    if (!isSystemError(error, 'EACCES', 'EPERM')) throw error;
    const says = `This user may not read ${file}: set WEFT_KEY, or run as the user who started Weft.`;
    throw new CommandFailure(EXIT.notAllowed, 'FORBIDDEN', says, { cause: error });
  }
}

function set(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value;
}
