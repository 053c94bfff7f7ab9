import type { Queryable, Transaction } from './connect.ts';

/** What happened, written in the transaction of what happened. Payloads are ids and counts. */
export type LedgerEvent =
  | { readonly type: 'product.published'; readonly subject: string; readonly payload: { readonly revision: number } }
  | {
      readonly type: 'product.retired';
      readonly subject: string;
      readonly payload: { readonly dataUntil: string | null; readonly consumers: readonly ToldConsumer[] };
    }
  /** Its retirement is announced; `heldBy`: products that must let it go by then. */
  | {
      readonly type: 'product.retiring';
      readonly subject: string;
      readonly payload: {
        readonly at: string;
        readonly consumers: readonly ToldConsumer[];
        readonly heldBy: readonly string[];
      };
    }
  /** An announced retirement was taken back, or refused when its time had come. */
  | {
      readonly type: 'product.stays';
      readonly subject: string;
      readonly payload: { readonly consumers: readonly ToldConsumer[] };
    }
  | {
      readonly type: 'product.renamed';
      readonly subject: string;
      readonly payload: { readonly from: string; readonly consumers: readonly ToldConsumer[] };
    }
  | { readonly type: 'supergraph.moved'; readonly subject: string; readonly payload: { readonly supergraph: number } }
  | { readonly type: 'refresh.requested'; readonly subject: string; readonly payload: { readonly runId: string } }
  | { readonly type: 'refresh.cancelled'; readonly subject: string; readonly payload: { readonly runId: string } }
  | {
      readonly type: 'dataset.published' | 'dataset.confirmed';
      readonly subject: string;
      readonly payload: { readonly version: number; readonly runId: string };
    }
  | { readonly type: 'dataset.restored'; readonly subject: string; readonly payload: { readonly version: number } }
  | {
      readonly type: 'backfill.requested' | 'backfill.cancelled';
      readonly subject: string;
      readonly payload: { readonly backfillId: string };
    }
  | { readonly type: 'product.paused'; readonly subject: string; readonly payload: Readonly<Record<string, never>> }
  | { readonly type: 'product.resumed'; readonly subject: string; readonly payload: Readonly<Record<string, never>> }
  | { readonly type: 'domain.released'; readonly subject: string; readonly payload: Readonly<Record<string, never>> }
  /** A promise is not kept from then on, or is kept again. */
  | {
      readonly type: 'slo.missed' | 'slo.met';
      readonly subject: string;
      readonly payload: { readonly property: string; readonly since: string };
    }
  | {
      readonly type: 'refresh.failed';
      readonly subject: string;
      readonly payload: { readonly runId: string; readonly code: string };
    };

/** Whom to tell, and why: when they used the product last, and whether they subscribe to it. */
export interface ToldConsumer {
  readonly name: string;
  readonly lastUsedAt: string | null;
  readonly subscribes: boolean;
}

/** `attempts`: how often acting on it failed. */
export type StoredEvent = LedgerEvent & { readonly id: number; readonly attempts: number };

/** Appends to the outbox; listeners hear of it when the transaction commits. */
export async function emit(trx: Transaction, event: LedgerEvent): Promise<void> {
  await trx.query('insert into weft.events (type, subject, payload) values ($1, $2, $3)', [
    event.type,
    event.subject,
    event.payload,
  ]);
}

/** Events that are due and that nobody has acted on, oldest first, locked for this transaction; other takers skip them. */
export async function takeEvents(trx: Transaction, limit: number): Promise<StoredEvent[]> {
  const { rows } = await trx.query<StoredEvent>(
    `select id::int, type, subject, payload, attempts from weft.events
      where handled_at is null and due_at <= now() order by id limit $1 for update skip locked`,
    [limit],
  );
  return rows;
}

/** The others of these types that nobody has acted on, due or not, locked for this transaction: who acts on all at once takes them too. */
export async function takeAlike(trx: Transaction, types: readonly LedgerEvent['type'][]): Promise<StoredEvent[]> {
  const { rows } = await trx.query<StoredEvent>(
    `select id::int, type, subject, payload, attempts from weft.events
      where handled_at is null and type = any($1) order by id for update skip locked`,
    [types],
  );
  return rows;
}

/** Marks an event as acted on. */
export async function markHandled(db: Queryable, ids: readonly number[]): Promise<void> {
  await db.query('update weft.events set handled_at = now() where id = any($1)', [ids]);
}

/** Puts an event off: it is taken again after `delaySeconds`, and holds up no other until then. */
export async function deferEvent(db: Queryable, id: number, delaySeconds: number): Promise<void> {
  await db.query(
    `update weft.events set attempts = attempts + 1, due_at = now() + make_interval(secs => $2)
      where id = $1 and handled_at is null`,
    [id, delaySeconds],
  );
}
