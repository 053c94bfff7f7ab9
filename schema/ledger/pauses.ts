import type { DomainId, ProductId } from '../ids.ts';
import type { Queryable, Transaction } from './connect.ts';
import { emit } from './events.ts';

/** Why nothing comes to a product by itself. */
export interface Pause {
  readonly productId: ProductId;
  readonly by: string;
  readonly at: Date;
  readonly reason: string | null;
  /** `temporal`: its schedule was paused there by hand. */
  readonly origin: 'weft' | 'temporal';
}

/** Why no run of a domain starts. */
export interface Hold {
  readonly domainId: DomainId;
  readonly by: string;
  readonly at: Date;
  readonly reason: string | null;
}

const PAUSE = 'product_id as "productId", paused_by as by, paused_at as at, reason, origin';
const HOLD = 'domain_id as "domainId", held_by as by, held_at as at, reason';

/** Pauses a product; one that is paused stays as it is, unless it was in Temporal alone: then it is ours from now on. False where nothing changed. */
export async function pauseProduct(
  trx: Transaction,
  pause: Pick<Pause, 'productId' | 'by' | 'reason'>,
): Promise<boolean> {
  const made = await trx.query(
    `insert into weft.pauses (product_id, paused_by, reason) values ($1, $2, $3)
     on conflict (product_id) do update
        set paused_by = excluded.paused_by, reason = excluded.reason, origin = 'weft', paused_at = now()
      where pauses.origin = 'temporal'`,
    [pause.productId, pause.by, pause.reason],
  );
  if (made.rowCount === 1) await emit(trx, { type: 'product.paused', subject: pause.productId, payload: {} });
  return made.rowCount === 1;
}

/** Ends a product's pause; false where there is none. */
export async function resumeProduct(trx: Transaction, id: ProductId): Promise<boolean> {
  const ended = await trx.query('delete from weft.pauses where product_id = $1', [id]);
  if (ended.rowCount === 1) await emit(trx, { type: 'product.resumed', subject: id, payload: {} });
  return ended.rowCount === 1;
}

/** The pauses of products, of those that have one. */
export async function pausesOf(db: Queryable, ids: readonly ProductId[]): Promise<Pause[]> {
  const { rows } = await db.query<Pause>(`select ${PAUSE} from weft.pauses where product_id = any($1)`, [ids]);
  return rows;
}

/** Every pause. */
export async function allPauses(db: Queryable): Promise<Pause[]> {
  const { rows } = await db.query<Pause>(`select ${PAUSE} from weft.pauses`);
  return rows;
}

/**
 * Takes over what was done in Temporal by hand: a schedule that was paused there. Not while what was ordered here is still on its way
 * there. False where nothing changed.
 */
export async function notePause(db: Queryable, pause: Pick<Pause, 'productId' | 'reason'>): Promise<boolean> {
  const made = await db.query(
    `insert into weft.pauses (product_id, paused_by, reason, origin)
     select p.id, 'temporal', $2, 'temporal' from weft.products p
      where p.id = $1 and p.retired_at is null
        and not exists (select from weft.events
                         where subject = $1 and type in ('product.paused', 'product.resumed') and handled_at is null)
     on conflict (product_id) do nothing`,
    [pause.productId, pause.reason],
  );
  return made.rowCount === 1;
}

/** The same of a schedule that goes on there. */
export async function noteResumption(db: Queryable, id: ProductId): Promise<boolean> {
  const ended = await db.query(`delete from weft.pauses where product_id = $1 and origin = 'temporal'`, [id]);
  return ended.rowCount === 1;
}

/** Holds a domain; false where it is held. */
export async function holdDomain(trx: Transaction, hold: Pick<Hold, 'domainId' | 'by' | 'reason'>): Promise<boolean> {
  const made = await trx.query(
    `insert into weft.holds (domain_id, held_by, reason)
     select id, $2, $3 from weft.domains where id = $1 on conflict (domain_id) do nothing`,
    [hold.domainId, hold.by, hold.reason],
  );
  return made.rowCount === 1;
}

/** Releases a domain: what was asked for meanwhile starts. False where it is not held. */
export async function releaseDomain(trx: Transaction, id: DomainId): Promise<boolean> {
  const ended = await trx.query('delete from weft.holds where domain_id = $1', [id]);
  if (ended.rowCount === 0) return false;
  await emit(trx, { type: 'domain.released', subject: id, payload: {} });
  await trx.query(
    `insert into weft.events (type, subject, payload)
     select 'refresh.requested', r.product_id, jsonb_build_object('runId', r.id)
       from weft.runs r join weft.products p on p.id = r.product_id
      where p.domain_id = $1 and r.phase = 'queued' order by r.priority, r.requested_at`,
    [id],
  );
  return true;
}

/** The holds of domains, of those that have one. */
export async function holdsOf(db: Queryable, ids: readonly DomainId[]): Promise<Hold[]> {
  const { rows } = await db.query<Hold>(`select ${HOLD} from weft.holds where domain_id = any($1)`, [ids]);
  return rows;
}
