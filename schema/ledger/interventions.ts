import type { DomainId, ProductId, RunId } from '../ids.ts';
import type { Queryable } from './connect.ts';

/** What people do to refreshes by hand. */
export type InterventionAction =
  'pause' | 'resume' | 'hold' | 'release' | 'refresh' | 'cancel' | 'retry' | 'restore' | 'backfill';

export interface NewIntervention {
  readonly action: InterventionAction;
  readonly subject: ProductId | DomainId;
  readonly runId?: RunId;
  readonly actor: string;
  readonly reason?: string | null;
  /** Numbers and ids: { fromVersion, toVersion }. */
  readonly detail?: Readonly<Record<string, number | string>>;
}

export interface Intervention {
  readonly id: string;
  readonly action: InterventionAction;
  readonly subject: string;
  readonly runId: RunId | null;
  readonly actor: string;
  readonly reason: string | null;
  readonly detail: Readonly<Record<string, number | string>>;
  readonly doneAt: Date;
}

/** Keeps who did what. In the transaction of what was done. */
export async function addIntervention(db: Queryable, done: NewIntervention): Promise<void> {
  await db.query(
    'insert into weft.interventions (action, subject, run_id, actor, reason, detail) values ($1, $2, $3, $4, $5, $6)',
    [done.action, done.subject, done.runId ?? null, done.actor, done.reason ?? null, done.detail ?? {}],
  );
}

/** What was done to a product, or to the whole of its domain, newest first. */
export async function interventionsOf(
  db: Queryable,
  subjects: readonly (ProductId | DomainId)[],
  limit: number,
): Promise<Intervention[]> {
  const { rows } = await db.query<Intervention>(
    `select id::text, action, subject, run_id as "runId", actor, reason, detail, done_at as "doneAt"
       from weft.interventions i where subject = any($1) order by i.id desc limit $2`,
    [subjects, limit],
  );
  return rows;
}
