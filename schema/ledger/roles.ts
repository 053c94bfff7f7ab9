import { createHmac } from 'node:crypto';
import pg from 'pg';
import type { DomainId, SqlName } from '../ids.ts';
import { quoted, sqlName } from '../ids.ts';
import type { Queryable } from './connect.ts';

/** The role that the gateway reads products with. */
export const READER = 'weft_reader' as SqlName;

/** The role that a domain's transformations log in as: `weft_operations`. */
export function domainRole(domain: DomainId): SqlName {
  return sqlName(`weft_domain_${domain}`);
}

/** The domain's schema of live tables. */
export function domainSchema(domain: DomainId): SqlName {
  return sqlName(domain);
}

/**
 * The connection string of a role on the same database. Its password is derived from the platform's own by HMAC-SHA256:
 * every process knows it, and it is stored nowhere.
 */
export function roleUrl(databaseUrl: string, role: SqlName): string {
  const url = new URL(databaseUrl);
  url.username = role;
  url.password = rolePassword(databaseUrl, role);
  return url.href;
}

function rolePassword(databaseUrl: string, role: SqlName): string {
  const secret = decodeURIComponent(new URL(databaseUrl).password);
  return createHmac('sha256', secret).update(`weft role ${role}`).digest('hex');
}

/** SQLSTATEs of two processes that make or alter the same role at once: duplicate_object, unique_violation, internal_error. */
const RACES = new Set(['42710', '23505', 'XX000']);

/**
 * Makes the login role, or sets its password anew (a role can change its own), with no right but to connect.
 * Roles belong to the whole cluster, so that two databases may race here: tried up to 5 times.
 */
export async function ensureRole(db: Queryable, databaseUrl: string, role: SqlName): Promise<void> {
  const login = `login nosuperuser nocreatedb nocreaterole noinherit password ${pg.escapeLiteral(rolePassword(databaseUrl, role))}`;
  for (let attempt = 1; ; attempt++) {
    try {
      const { rows } = await db.query('select 1 from pg_roles where rolname = $1', [role]);
      await db.query(`${rows.length === 0 ? 'create' : 'alter'} role ${quoted(role)} ${login}`);
      return;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && RACES.has(error.code ?? '')) || attempt === 5) throw error;
    }
  }
}
