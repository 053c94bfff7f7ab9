import { type ApiKey, keysState, validKeys } from '../../schema/ledger/api-keys.ts';
import type { Pool } from '../../schema/ledger/connect.ts';
import { listen } from '../../schema/ledger/listen.ts';
import { type Actor, actorOfKey } from '../actor.ts';
import { inTurn } from '../in-turn.ts';

// A NOTIFY comes in milliseconds; where one is missed, a revoked key is refused within 2 s still.
const POLL_MS = 1_000;

export interface FollowedKeysDeps {
  readonly ledger: Pool;
  readonly databaseUrl: string;
  readonly onFault: (error: unknown) => void;
}

/** The keys of the ledger, in memory: who asks is told without asking the ledger. */
export interface FollowedKeys {
  /** By the SHA-256 of a key, in base64; null where it opens nothing (any more). */
  readonly find: (digest: string) => Actor | null;
  /** Resolves once what the ledger holds now is known here. */
  catchUp(): Promise<void>;
  /** Called once a second and after each change: what outlives a request asks its actor whether it is current. */
  follow(review: () => void): void;
  close(): Promise<void>;
}

/** An actor that its key's end reaches, wherever it is held. */
interface Held {
  readonly key: ApiKey;
  readonly actor: Actor;
  revoked: boolean;
}

/**
 * Reads the keys, and follows them; where the ledger is away, those that are known go on. Over a connection of its own: a long swap
 * of the graph holds up no revocation.
 */
export async function followKeys(deps: FollowedKeysDeps): Promise<FollowedKeys> {
  let held = new Map<string, Held>();
  let state = '';

  const turn = inTurn();
  /** One after the other: an older state never comes after a newer one. */
  const read = (): Promise<void> => turn(readOnce);
  const readOnce = async (): Promise<void> => {
    const now = await keysState(deps.ledger);
    if (now === state) return;
    const before = held;
    const next = new Map<string, Held>();
    for (const { digest, ...key } of await validKeys(deps.ledger)) next.set(digest, before.get(digest) ?? heldKey(key));
    for (const [digest, one] of before) if (!next.has(digest)) one.revoked = true;
    held = next;
    state = now;
  };
  await read();

  let listener: ReturnType<typeof listen> | null = null;
  return {
    find: (digest) => {
      const one = held.get(digest);
      return one !== undefined && one.actor.isCurrent() ? one.actor : null;
    },
    catchUp: read,
    follow: (review) => {
      listener ??= listen(deps.databaseUrl, {
        name: 'weft gateway keys',
        pollMs: POLL_MS,
        onHint: () => read().finally(review),
        onFault: deps.onFault,
      });
    },
    close: async () => {
      await listener?.stop();
    },
  };
}

function heldKey(key: ApiKey): Held {
  const expiresMs = key.expiresAt?.getTime() ?? Infinity;
  const held: Held = {
    key,
    revoked: false,
    actor: actorOfKey(key, () => !held.revoked && Date.now() < expiresMs),
  };
  return held;
}
