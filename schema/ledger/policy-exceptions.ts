import { Refusal } from '../errors.ts';
import type { ProductId } from '../ids.ts';
import type { PolicyException } from '../policies/exception.ts';
import type { Queryable } from './connect.ts';

const EXCEPTION = `e.id, e.policy, e.product_id as product, e.reason, e.granted_by as "grantedBy", e.granted_at as "grantedAt",
  e.until, e.revoked_by as "revokedBy", e.revoked_at as "revokedAt"`;
/** By the database's clock: the same for every gateway. */
const HOLDS = 'e.revoked_at is null and e.until > now()';

/** The exceptions that hold now for these products, those that hold longest first. */
export async function exceptionsInForce(db: Queryable, ids: readonly ProductId[]): Promise<PolicyException[]> {
  const { rows } = await db.query<PolicyException>(
    `select ${EXCEPTION} from weft.policy_exceptions e where e.product_id = any($1) and ${HOLDS} order by e.until desc, e.id`,
    [ids],
  );
  return rows;
}

/** A part of the exceptions that were ever granted, newest first. */
export interface ExceptionsAsk {
  readonly product: ProductId | null;
  readonly policy: string | null;
  /** Those too that have ended or were revoked. */
  readonly ended: boolean;
  readonly limit: number;
  /** Those granted before this one. */
  readonly before: string | null;
}

/** Exceptions by product and policy, newest first. */
export async function exceptionHistory(db: Queryable, ask: ExceptionsAsk): Promise<PolicyException[]> {
  const { rows } = await db.query<PolicyException>(
    `select ${EXCEPTION} from weft.policy_exceptions e
      where ($1::text is null or e.product_id = $1) and ($2::text is null or e.policy = $2) and ($3 or (${HOLDS}))
        and ($5::uuid is null or (e.granted_at, e.id) < (select b.granted_at, b.id from weft.policy_exceptions b where b.id = $5))
      order by e.granted_at desc, e.id desc limit $4`,
    [ask.product, ask.policy, ask.ended, ask.limit, ask.before],
  );
  return rows;
}

export type NewException = Pick<PolicyException, 'id' | 'policy' | 'product' | 'reason' | 'grantedBy' | 'until'>;

/** Grants one for at most so many days; answers null where it would end before now, or later than that. */
export async function grantException(
  db: Queryable,
  { id, policy, product, reason, grantedBy, until }: NewException,
  daysMax: number,
): Promise<PolicyException | null> {
  const { rows } = await db.query<PolicyException>(
    `insert into weft.policy_exceptions as e (id, policy, product_id, reason, granted_by, until)
     select $1, $2, $3, $4, $5, $6::timestamptz
      where $6::timestamptz > now() and $6::timestamptz <= now() + make_interval(days => $7)
     returning ${EXCEPTION}`,
    [id, policy, product, reason, grantedBy, until, daysMax],
  );
  return rows[0] ?? null;
}

/** Ends an exception now. Refuses with NOT_FOUND where there is none of that id that holds. */
export async function revokeException(db: Queryable, id: string, revokedBy: string): Promise<PolicyException> {
  const { rows } = await db.query<PolicyException>(
    `update weft.policy_exceptions e set revoked_by = $2, revoked_at = now() where e.id = $1 and ${HOLDS} returning ${EXCEPTION}`,
    [id, revokedBy],
  );
  const revoked = rows[0];
  if (revoked === undefined)
    throw new Refusal(
      'NOT_FOUND',
      `No exception ${id} is in force: it has ended, was revoked, or never was. \`weft policies exceptions\` lists them.`,
    );
  return revoked;
}
