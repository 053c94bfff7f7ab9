import { hash, timingSafeEqual } from 'node:crypto';
import { Refusal } from '../schema/errors.ts';
import { type DomainId, domainOf, type ProductId } from '../schema/ids.ts';
import type { ApiKey, KeyRole } from '../schema/ledger/api-keys.ts';
import type { Rights } from './execute/guards.ts';

/** Who asks. */
export interface Actor {
  /** No other has it: those who are told apart are answered apart. */
  readonly id: string;
  /** The consumer's. */
  readonly name: string;
  readonly role: 'anonymous' | KeyRole;
  /** May do everything: of `role`, where that is all one needs. */
  readonly admin: boolean;
  /** Those a publisher may change. */
  readonly domains: readonly DomainId[];
  /** Its key; null where it has none of the ledger's. */
  readonly key: ApiKey | null;
  /** What it may see: those of one profile share compiled operations. */
  readonly profile: string;
  /** Of its profile: what it may claim where services guard their fields. */
  readonly rights: Rights;
  /** False once its key was revoked or has expired: for what outlives a request. */
  isCurrent(): boolean;
}

const NO_RIGHTS: Rights = { authenticated: false, holdsScope: () => false, holdsPolicy: () => false };
const KNOWN_RIGHTS: Rights = { ...NO_RIGHTS, authenticated: true };
const ALL_RIGHTS: Rights = { authenticated: true, holdsScope: () => true, holdsPolicy: () => true };

const PROFILES = {
  anonymous: { profile: 'public', rights: NO_RIGHTS },
  consumer: { profile: 'known', rights: KNOWN_RIGHTS },
  publisher: { profile: 'known', rights: KNOWN_RIGHTS },
  admin: { profile: 'admin', rights: ALL_RIGHTS },
} as const;

const always = (): boolean => true;

const ANONYMOUS = withoutKey('anonymous', 'anonymous');
const OPERATOR = withoutKey('admin', 'admin');

/** Names that no key may be given to: they are told from all keys. */
export const RESERVED_NAMES: readonly string[] = [ANONYMOUS.name, OPERATOR.name];

/**
 * Tells the actor from the `Authorization` header: none is anonymous, a wrong one is refused. `find` knows keys by their SHA-256, in
 * base64: who guesses at it learns nothing of a key from how long that takes.
 */
export function actors(
  adminKey: string,
  find: (digest: string) => Actor | null,
): (authorization: string | undefined) => Actor {
  const expected = digest(adminKey);
  return (authorization) => {
    if (authorization === undefined) return ANONYMOUS;
    const key = /^Bearer (\S+)$/i.exec(authorization)?.[1];
    if (key !== undefined) {
      const given = digest(key);
      // Digests have one length, so that comparing them tells nothing of the key.
      if (timingSafeEqual(given, expected)) return OPERATOR;
      const actor = find(given.toString('base64'));
      if (actor !== null) return actor;
    }
    throw keyInvalid();
  };
}

/** What is said of a key that opens nothing (any more). */
export function keyInvalid(): Refusal {
  return new Refusal('UNAUTHENTICATED', 'The key is not valid: send `Authorization: Bearer <key>` with a current one.');
}

/** Who has the key, as long as `isCurrent`. */
export function actorOfKey(key: ApiKey, isCurrent: () => boolean): Actor {
  const { id, consumer, role, domains } = key;
  return { id, name: consumer, role, admin: role === 'admin', domains, key, ...PROFILES[role], isCurrent };
}

/** Refuses whoever is no admin. */
export function requireAdmin(actor: Actor): void {
  if (actor.admin) return;
  requireKnown(actor, 'This changes the mesh and needs the admin key');
  throw new Refusal('FORBIDDEN', `This needs a key of an admin; that of ${actor.name} is of a ${actor.role}.`);
}

/** Refuses whoever may publish nothing at all: before anything of what was sent is looked at. */
export function requirePublisher(actor: Actor): void {
  if (actor.admin || actor.role === 'publisher') return;
  requireKnown(actor, 'This changes the mesh and needs the key of a publisher');
  throw new Refusal('FORBIDDEN', `This needs a key of a publisher; that of ${actor.name} is of a ${actor.role}.`);
}

/** Whether all of a product is told to it: who uses it, and who subscribes. */
export function isOwner(actor: Actor, id: ProductId): boolean {
  return actor.admin || actor.domains.includes(domainOf(id));
}

/** Refuses whoever may not change products of these ids, naming the domains. */
export function requireOwner(actor: Actor, ...ids: readonly ProductId[]): void {
  requireDomains(actor, ids.map(domainOf));
}

/** Refuses whoever may not change all products of these domains, naming them. */
export function requireDomains(actor: Actor, domains: readonly DomainId[]): void {
  requirePublisher(actor);
  if (actor.admin) return;
  const foreign = [...new Set(domains)].filter((domain) => !actor.domains.includes(domain));
  if (foreign.length === 0) return;
  throw new Refusal(
    'FORBIDDEN',
    `The key of ${actor.name} is for products of ${actor.domains.join(', ')}, not of ${foreign.join(', ')}: ask an admin for one that is.`,
  );
}

/** Refuses whoever is not known by a key. */
export function requireKnown(actor: Actor, because: string): void {
  if (actor.role !== 'anonymous') return;
  throw new Refusal('UNAUTHENTICATED', `${because}: send \`Authorization: Bearer <key>\`.`);
}

function withoutKey(name: string, role: 'anonymous' | 'admin'): Actor {
  return {
    id: name,
    name,
    role,
    admin: role === 'admin',
    domains: [],
    key: null,
    ...PROFILES[role],
    isCurrent: always,
  };
}

function digest(text: string): Buffer {
  // In one call: a third of what an object for it costs, with each request.
  return hash('sha256', text, 'buffer');
}
