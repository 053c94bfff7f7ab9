import { createHash, timingSafeEqual } from 'node:crypto';
import { Refusal } from '../schema/errors.ts';

/** Who asks. */
export interface Actor {
  readonly name: string;
  /** May write: publish, refresh, retire. */
  readonly admin: boolean;
  /** What it may see: those of one profile share compiled operations. */
  readonly profile: string;
}

const ANONYMOUS: Actor = { name: 'anonymous', admin: false, profile: 'public' };

/** Tells the actor from the `Authorization` header: none is anonymous, a wrong one is refused. */
export function actors(adminKey: string): (authorization: string | undefined) => Actor {
  const expected = digest(adminKey);
  return (authorization) => {
    if (authorization === undefined) return ANONYMOUS;
    const key = /^Bearer (\S+)$/i.exec(authorization)?.[1];
    // Digests have one length, so that comparing them tells nothing of the key.
    if (key !== undefined && timingSafeEqual(digest(key), expected))
      return { name: 'admin', admin: true, profile: 'admin' };
    throw new Refusal(
      'UNAUTHENTICATED',
      'The key is not valid: send `Authorization: Bearer <key>` with a current one.',
    );
  };
}

/** Refuses whoever may not write. */
export function requireAdmin(actor: Actor): void {
  if (actor.admin) return;
  throw new Refusal(
    'UNAUTHENTICATED',
    'This changes the mesh and needs the admin key: send `Authorization: Bearer <key>`.',
  );
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
