import { createHash, timingSafeEqual } from 'node:crypto';
import { Refusal } from '../schema/errors.ts';
import type { Rights } from './execute/guards.ts';

/** Who asks. */
export interface Actor {
  readonly name: string;
  /** May write: publish, refresh, retire. */
  readonly admin: boolean;
  /** What it may see: those of one profile share compiled operations. */
  readonly profile: string;
  /** Of its profile: what it may claim where services guard their fields. */
  readonly rights: Rights;
}

const NO_RIGHTS: Rights = { authenticated: false, holdsScope: () => false, holdsPolicy: () => false };
const ALL_RIGHTS: Rights = { authenticated: true, holdsScope: () => true, holdsPolicy: () => true };

const ANONYMOUS: Actor = { name: 'anonymous', admin: false, profile: 'public', rights: NO_RIGHTS };

/** Tells the actor from the `Authorization` header: none is anonymous, a wrong one is refused. */
export function actors(adminKey: string): (authorization: string | undefined) => Actor {
  const expected = digest(adminKey);
  return (authorization) => {
    if (authorization === undefined) return ANONYMOUS;
    const key = /^Bearer (\S+)$/i.exec(authorization)?.[1];
    // Digests have one length, so that comparing them tells nothing of the key.
    if (key !== undefined && timingSafeEqual(digest(key), expected))
      return { name: 'admin', admin: true, profile: 'admin', rights: ALL_RIGHTS };
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
