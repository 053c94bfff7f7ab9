import type { z } from 'zod';

import { EXIT } from '../exit.ts';
import { momentToCome } from '../moment-to-come.ts';
import { OPERATIONS } from '../operations.ts';
import { plural, table } from '../table.ts';
import { safeLine, type Terminal } from '../terminal.ts';

type Key = z.infer<(typeof OPERATIONS)['keys']['answer']>['apiKeys'][number];

export interface KeyOptions {
  readonly role: string;
  readonly domain: readonly string[];
  readonly expires?: string;
}

/** Makes a key, which is shown this once: alone on stdout, so that a script can take it. */
export async function createKey(terminal: Terminal, consumer: string, options: KeyOptions): Promise<number> {
  const { createApiKey } = await terminal.ask(OPERATIONS.createKey, {
    consumer,
    role: options.role.toUpperCase(),
    domains: options.domain,
    expiresAt: options.expires === undefined ? null : momentToCome('--expires', options.expires),
  });
  const { key, apiKey } = createApiKey;
  terminal.show({ key, apiKey }, () => key);
  terminal.say(`${apiKey.id}  ${apiKey.role} ${safeLine(apiKey.consumer)}: keep the key now, it is not shown again.`);
  terminal.say(`Next: WEFT_KEY=… weft whoami`);
  return EXIT.done;
}

/** Lists every key, newest first. */
export async function listKeys(terminal: Terminal): Promise<number> {
  const { apiKeys } = await terminal.ask(OPERATIONS.keys);
  terminal.show({ keys: apiKeys }, () =>
    table(
      ['KEY', 'BEGINS', 'CONSUMER', 'ROLE', 'DOMAINS', 'CREATED', 'STATE'],
      apiKeys.map((key) => [
        key.id,
        key.prefix,
        key.consumer,
        key.role,
        key.domains.join(' '),
        `${key.createdAt.slice(0, 10)} by ${key.createdBy}`,
        stateOf(key),
      ]),
    ),
  );
  terminal.say(`${plural(apiKeys.length, 'key')}. Next: weft key create <consumer>`);
  return EXIT.done;
}

/** Ends a key's rights. */
export async function revokeKey(terminal: Terminal, id: string): Promise<number> {
  const { revokeApiKey: key } = await terminal.ask(OPERATIONS.revokeKey, { id });
  terminal.show({ apiKey: key }, () => safeLine(`${key.id}  ${key.consumer}  revoked`));
  terminal.say('Every gateway refuses it within 2 s.');
  return EXIT.done;
}

function stateOf({ revokedAt, revokedBy, expiresAt }: Key): string {
  if (revokedAt !== null) return `revoked ${revokedAt.slice(0, 10)} by ${revokedBy}`;
  if (expiresAt === null) return 'valid';
  return Date.parse(expiresAt) <= Date.now() ? `expired ${expiresAt.slice(0, 10)}` : `until ${expiresAt.slice(0, 10)}`;
}
