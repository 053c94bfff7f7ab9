import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { secretNamed } from './contract/secret-reference.ts';
import { Refusal } from './errors.ts';

/** Reads the secret of that name as it is now; null where there is none. */
export type Secrets = (name: string) => string | null;

/** Longer ones are no passwords, but files that lie there by mistake. */
const SECRET_BYTES = 64 * 1024;

/**
 * Secrets by the names that contracts use: the file `NAME` of a mounted folder, read anew each time so that a change of it needs no
 * restart, else `WEFT_SECRET_NAME` of the environment. A last line break is no part of a secret.
 */
export function openSecrets(env: NodeJS.ProcessEnv, folder: string | null): Secrets {
  return (name) => (folder === null ? null : kept(join(folder, name))) ?? env[`WEFT_SECRET_${name}`] ?? null;
}

/** A setting of a contract with its secret in place of the reference; null where there is none of that name. */
export function withSecret(setting: string, secrets: Secrets): string | null {
  const name = secretNamed(setting);
  return name === null ? setting : secrets(name);
}

/** The refusal of whoever needs a secret that is not there. `server`: as the contract calls it. */
export function missingSecret(setting: string, server: string): Refusal {
  return new Refusal(
    'SOURCE_MISSING',
    `The secret ${setting} of the server ${server} is not there: an operator sets WEFT_SECRET_${secretNamed(setting) ?? ''}, or a file of that name in WEFT_SECRETS_DIR.`,
  );
}

function kept(file: string): string | null {
  try {
    const text = readFileSync(file, 'utf8');
    return text.length > SECRET_BYTES ? null : text.replace(/\r?\n$/, '');
  } catch {
    // None that can be read is none: the environment may have it.
    return null;
  }
}
