import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Refusal } from '../../schema/errors.ts';
import { frequent } from '../../schema/frequent.ts';
import { room } from '../../schema/room.ts';
import type { Actor } from '../actor.ts';
import type { Envelope } from './envelope.ts';

/** Texts that clients have sent with their hashes; the largest are some 10 kB. */
const REMEMBERED = { entries: 5_000, bytes: 32 * 1024 * 1024 };

/** What is said of a hash that is not known: Apollo's clients send the text too when they read this. */
export const NOT_PERSISTED = {
  errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
} as const;

/** Operations that clients may send by their hash alone. */
export interface PersistedOperations {
  /** The text of an operation; null where only its hash was sent and is not known. Throws where it may not be asked, or is not what its hash says. */
  textOf(asked: Pick<Envelope, 'query' | 'hash'>, actor: Actor): string | null;
}

/**
 * Knows the operations that were registered, and those that clients sent with their hash before (automatic persisted queries).
 * `only`: whoever is no admin may ask nothing but what is registered.
 */
export function persistedOperations(registered: readonly string[], { only }: { only: boolean }): PersistedOperations {
  const known = new Map(registered.map((text) => [sha256(text), text]));
  const sent = frequent<string>(room(REMEMBERED));
  return {
    textOf: ({ query, hash }, actor) => {
      const text = query ?? known.get(hash ?? '') ?? sent.get(hash ?? '') ?? null;
      if (query !== null && hash !== null) {
        if (sha256(query) !== hash) throw new Refusal('BAD_INPUT', 'The hash is not that of the operation.');
        if (sent.get(hash) === undefined) sent.set(hash, query, 2 * query.length);
      }
      if (only && !actor.admin && text !== null && !known.has(sha256(text)))
        throw new Refusal('FORBIDDEN', 'Only registered operations are answered here; this one is none of them.');
      return text;
    },
  };
}

const manifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.looseObject({ id: z.string(), body: z.string() })),
});

/** The operations of a manifest as Apollo's tools write it. Throws with the file's name where it is none. */
export function readManifest(file: string): string[] {
  try {
    return manifest.parse(JSON.parse(readFileSync(file, 'utf8'))).operations.map(({ body }) => body);
  } catch (cause) {
    throw new Error(`${file} is no manifest of operations (apollo-persisted-query-manifest, version 1).`, { cause });
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
