import { createHash, randomBytes } from 'node:crypto';
import { Refusal } from '../../schema/errors.ts';
import { domainId, type DomainId } from '../../schema/ids.ts';
import { addKey, type ApiKey, type KeyRole } from '../../schema/ledger/api-keys.ts';
import type { Queryable } from '../../schema/ledger/connect.ts';
import { type Actor, RESERVED_NAMES } from '../actor.ts';

/** Scanners of code for secrets know it by that. */
const BEGINS = 'weft_';
const BITS = 256;
/** Letters that are shown: enough to tell one's keys apart, and 28 bits of what nobody may guess. */
const SHOWN = BEGINS.length + 4;
/** In answers, tables and messages. */
const CONSUMER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export interface KeyAsk {
  readonly consumer: string;
  readonly role: KeyRole;
  readonly domains?: readonly string[] | null;
  readonly expiresAt?: string | null;
}

/** Makes a key and stores its digest. The key itself is in the answer and nowhere else. Refuses what is not in order with BAD_INPUT. */
export async function createKey(
  db: Queryable,
  ask: KeyAsk,
  creator: Actor,
): Promise<{ readonly key: string; readonly apiKey: ApiKey }> {
  const { consumer, role } = ask;
  if (!CONSUMER.test(consumer) || RESERVED_NAMES.includes(consumer.toLowerCase()))
    throw new Refusal(
      'BAD_INPUT',
      `A consumer is named by up to 63 letters, digits, dots, hyphens and underscores, and not ${RESERVED_NAMES.join(' or ')}; found ${JSON.stringify(consumer.slice(0, 80))}.`,
    );
  const domains = domainsOf(ask);
  const expiresAt = ask.expiresAt == null ? null : moment(ask.expiresAt);
  const key = BEGINS + randomBytes(BITS / 8).toString('base64url');
  const apiKey = await addKey(
    db,
    {
      id: randomBytes(6).toString('hex'),
      prefix: key.slice(0, SHOWN),
      consumer,
      role,
      domains,
      createdBy: creator.name,
      expiresAt,
    },
    createHash('sha256').update(key).digest(),
  );
  return { key, apiKey };
}

function domainsOf({ role, domains }: KeyAsk): DomainId[] {
  const named = [...new Set(domains ?? [])].map((text) => {
    const id = domainId(text);
    if (id === null)
      throw new Refusal(
        'BAD_INPUT',
        `${JSON.stringify(text.slice(0, 80))} is no domain's id, which is like \`network\`.`,
      );
    return id;
  });
  if (role === 'publisher' && named.length === 0)
    throw new Refusal('BAD_INPUT', 'A publisher publishes in domains: name at least one.');
  if (role !== 'publisher' && named.length > 0)
    throw new Refusal(
      'BAD_INPUT',
      `Domains are for keys of publishers; this one is of ${role === 'admin' ? 'an' : 'a'} ${role}.`,
    );
  return named;
}

function moment(text: string): Date {
  const at = new Date(text);
  if (/^\d{4}-\d\d-\d\dT/.test(text) && at.getTime() > Date.now()) return at;
  throw new Refusal(
    'BAD_INPUT',
    `expiresAt is a moment to come, like 2030-01-31T00:00:00Z; found ${JSON.stringify(text.slice(0, 80))}.`,
  );
}
