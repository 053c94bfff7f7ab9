import type { DomainId } from '../ids.ts';
import type { Queryable } from './connect.ts';

export type KeyRole = 'admin' | 'publisher' | 'consumer';

/** A key as it is known here: never the key itself. */
export interface ApiKey {
  readonly id: string;
  /** Its first letters. */
  readonly prefix: string;
  /** Whose it is; a consumer may have several. */
  readonly consumer: string;
  readonly role: KeyRole;
  /** Those a publisher may publish in; empty for other roles. */
  readonly domains: readonly DomainId[];
  readonly createdBy: string;
  readonly createdAt: Date;
  /** Null where it does not. */
  readonly expiresAt: Date | null;
  readonly revokedBy: string | null;
  readonly revokedAt: Date | null;
}

const KEY = `id, prefix, consumer, role, domains, created_by as "createdBy", created_at as "createdAt",
  expires_at as "expiresAt", revoked_by as "revokedBy", revoked_at as "revokedAt"`;

export type NewKey = Pick<ApiKey, 'id' | 'prefix' | 'consumer' | 'role' | 'domains' | 'createdBy' | 'expiresAt'>;

/** Stores a key by its SHA-256. */
export async function addKey(db: Queryable, key: NewKey, digest: Buffer): Promise<ApiKey> {
  const { rows } = await db.query<ApiKey>(
    `insert into weft.api_keys (id, digest, prefix, consumer, role, domains, created_by, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${KEY}`,
    [key.id, digest, key.prefix, key.consumer, key.role, key.domains, key.createdBy, key.expiresAt],
  );
  return rows[0]!;
}

/** Ends a key's rights, once; the key, or null where there is none of that id. */
export async function revokeKey(db: Queryable, id: string, revokedBy: string): Promise<ApiKey | null> {
  const { rows } = await db.query<ApiKey>(
    `update weft.api_keys set revoked_at = coalesce(revoked_at, now()), revoked_by = coalesce(revoked_by, $2)
      where id = $1 returning ${KEY}`,
    [id, revokedBy],
  );
  return rows[0] ?? null;
}

/** Every key that was ever made, newest first. */
export async function allKeys(db: Queryable): Promise<ApiKey[]> {
  const { rows } = await db.query<ApiKey>(`select ${KEY} from weft.api_keys order by created_at desc, id`);
  return rows;
}

/** Those that open anything, each with its SHA-256 in base64. */
export async function validKeys(db: Queryable): Promise<(ApiKey & { readonly digest: string })[]> {
  const { rows } = await db.query<ApiKey & { digest: string }>(
    `select ${KEY}, encode(digest, 'base64') as digest from weft.api_keys
      where revoked_at is null and (expires_at is null or expires_at > now())`,
  );
  return rows;
}

/** Another after every change: keys are only added and revoked, each once. */
export async function keysState(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ state: string }>(
    `select count(*) || ' ' || count(revoked_at) as state from weft.api_keys`,
  );
  return rows[0]!.state;
}
