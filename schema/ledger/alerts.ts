import type { AlertCause, AlertSeverity, AlertState } from '../alert.ts';
import type { ProductId, RunId } from '../ids.ts';
import type { Queryable, Transaction } from './connect.ts';

/** What comes back within this after it was over is the same alert, of which nobody is told anew: it flaps. */
const FLAPS_WITHIN = "interval '1 hour'";

export interface AlertRow {
  readonly id: string;
  readonly productId: ProductId;
  readonly cause: AlertCause;
  readonly severity: AlertSeverity;
  readonly state: AlertState;
  readonly message: string;
  readonly runId: RunId | null;
  /** The alert upstream that it follows from. */
  readonly follows: string | null;
  readonly returned: number;
  readonly told: boolean;
  /** The level that was told last, from 0; -1 where nobody was since it came back. */
  readonly level: number;
  readonly escalatesAt: Date | null;
  readonly openedAt: Date;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAt: Date | null;
  readonly resolvedAt: Date | null;
}

const ALERT = `id, product_id as "productId", cause, severity, state, message, run_id as "runId", follows, returned, told, level,
  escalates_at as "escalatesAt", opened_at as "openedAt", acknowledged_by as "acknowledgedBy",
  acknowledged_at as "acknowledgedAt", resolved_at as "resolvedAt"`;

/**
 * Raises an alert: `new` of a product and cause that had none; `lasting` where it is raised already, and has the newest message from here;
 * `back` where it was over for less than an hour.
 */
export async function raiseAlert(
  trx: Transaction,
  alert: Pick<AlertRow, 'id' | 'productId' | 'cause' | 'severity' | 'message' | 'runId' | 'follows'>,
): Promise<{ readonly alert: AlertRow; readonly came: 'new' | 'lasting' | 'back' }> {
  const { id, productId, cause, severity, message, runId, follows } = alert;
  const now = [productId, cause, severity, message, runId];
  const lasting = await trx.query<AlertRow>(
    `update weft.alerts set severity = $3, message = $4, run_id = $5
      where product_id = $1 and cause = $2 and state <> 'resolved' returning ${ALERT}`,
    now,
  );
  if (lasting.rows[0] !== undefined) return { alert: lasting.rows[0], came: 'lasting' };
  const back = await trx.query<AlertRow>(
    `update weft.alerts set severity = $3, message = $4, run_id = $5, follows = $6, state = 'open', resolved_at = null,
                            acknowledged_at = null, acknowledged_by = null, returned = returned + 1, told = false
      where id = (select id from weft.alerts
                   where product_id = $1 and cause = $2 and resolved_at > now() - ${FLAPS_WITHIN}
                   order by resolved_at desc limit 1)
     returning ${ALERT}`,
    [...now, follows],
  );
  if (back.rows[0] !== undefined) return { alert: back.rows[0], came: 'back' };
  const { rows } = await trx.query<AlertRow>(
    `insert into weft.alerts (product_id, cause, severity, message, run_id, follows, id, state)
     values ($1, $2, $3, $4, $5, $6, $7, 'open') returning ${ALERT}`,
    [...now, follows, id],
  );
  return { alert: rows[0]!, came: 'new' };
}

/** All is well again; the alert as it was, or null where there was none. */
export async function resolveAlert(trx: Transaction, id: ProductId, cause: AlertCause): Promise<AlertRow | null> {
  const { rows } = await trx.query<AlertRow>(
    `update weft.alerts set state = 'resolved', resolved_at = now(), escalates_at = null
      where product_id = $1 and cause = $2 and state <> 'resolved' returning ${ALERT}`,
    [id, cause],
  );
  return rows[0] ?? null;
}

/** Somebody sees to it: it does not escalate. Null where it is not open. */
export async function acknowledgeAlert(trx: Transaction, id: string, by: string): Promise<AlertRow | null> {
  const { rows } = await trx.query<AlertRow>(
    `update weft.alerts set state = 'acknowledged', acknowledged_at = now(), acknowledged_by = $2, escalates_at = null
      where id = $1 and state = 'open' returning ${ALERT}`,
    [id, by],
  );
  return rows[0] ?? null;
}

/** Notes which level was told, and when the next one will be, if nobody sees to it. */
export async function noteLevel(
  trx: Transaction,
  id: string,
  {
    level,
    told,
    escalatesAfterMs,
  }: { readonly level: number; readonly told: boolean; readonly escalatesAfterMs: number | null },
): Promise<void> {
  await trx.query(
    `update weft.alerts set level = $2, told = told or $3, escalates_at = now() + make_interval(secs => $4) where id = $1`,
    [id, level, told, escalatesAfterMs === null ? null : escalatesAfterMs / 1000],
  );
}

/** The alert, locked until the transaction ends; null where there is none. `isDue`: it is to be escalated now. */
export async function lockAlert(
  trx: Transaction,
  id: string,
): Promise<(AlertRow & { readonly isDue: boolean }) | null> {
  const { rows } = await trx.query<AlertRow & { isDue: boolean }>(
    `select ${ALERT}, coalesce(escalates_at <= now(), false) as "isDue" from weft.alerts where id = $1 for update`,
    [id],
  );
  return rows[0] ?? null;
}

/** The alert, or null. */
export async function alertById(db: Queryable, id: string): Promise<AlertRow | null> {
  const { rows } = await db.query<AlertRow>(`select ${ALERT} from weft.alerts where id = $1`, [id]);
  return rows[0] ?? null;
}

/** Alerts, newest first: those that stand, or all that ever were; `before` is the id of the last one of the page before. */
export async function alertHistory(
  db: Queryable,
  ask: {
    readonly products: readonly ProductId[] | null;
    readonly ended: boolean;
    readonly limit: number;
    readonly before: string | null;
  },
): Promise<AlertRow[]> {
  const { rows } = await db.query<AlertRow>(
    `select ${ALERT} from weft.alerts
      where ($1::text[] is null or product_id = any($1))
        and ($2 or state <> 'resolved')
        and ($4::uuid is null or (opened_at, id) < (select opened_at, id from weft.alerts where id = $4))
      order by opened_at desc, id desc
      limit $3`,
    [ask.products, ask.ended, ask.limit, ask.before],
  );
  return rows;
}

/** Alerts that escalate if nobody sees to them. */
export async function watchedAlerts(db: Queryable): Promise<AlertRow[]> {
  const { rows } = await db.query<AlertRow>(
    `select ${ALERT} from weft.alerts where state = 'open' and escalates_at is not null`,
  );
  return rows;
}

/** The alert that stands of one of these products, the oldest of them: what others follow from. */
export async function alertUpstream(db: Queryable, ids: readonly ProductId[]): Promise<AlertRow | null> {
  const { rows } = await db.query<AlertRow>(
    `select ${ALERT} from weft.alerts
      where product_id = any($1) and cause in ('run_failed', 'late') and severity = 'error' and state <> 'resolved'
      order by opened_at limit 1`,
    [ids],
  );
  return rows[0] ?? null;
}

/** Ids of the products of which alerts stand that follow from one. */
export async function followers(db: Queryable, id: string): Promise<ProductId[]> {
  const { rows } = await db.query<{ productId: ProductId }>(
    `select distinct product_id as "productId" from weft.alerts where follows = $1 and state <> 'resolved' order by 1`,
    [id],
  );
  return rows.map(({ productId }) => productId);
}

/**
 * Takes leave to tell a channel of an alert; null where it was told of it in that way since, or has been told `most` times within the
 * hour. `group`: what it follows from, or itself. `isLast`: it will be told nothing more for now.
 */
export async function mayTell(
  trx: Transaction,
  ask: {
    readonly group: string;
    readonly channel: string;
    readonly kind: 'opened' | 'escalated' | 'resolved';
    readonly since: Date;
    readonly most: number;
  },
): Promise<{ readonly telling: number; readonly isLast: boolean } | null> {
  // Two that tell one channel at once would each count without the other.
  await trx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`weft alerts ${ask.channel}`]);
  const { rows } = await trx.query<{ telling: number; isLast: boolean }>(
    `with before as (
       select count(*) filter (where told_at > now() - interval '1 hour') as told,
              coalesce(bool_or(alert_id = $1 and kind = $3 and told_at >= $4), false) as known
         from weft.alert_tellings where channel = $2
     ), telling as (
       insert into weft.alert_tellings (alert_id, channel, kind)
       select $1, $2, $3 from before where not known and told < $5
       returning id
     )
     select telling.id::int as telling, told + 1 = $5 as "isLast" from telling, before`,
    [ask.group, ask.channel, ask.kind, ask.since, ask.most],
  );
  return rows[0] ?? null;
}

/** Alerts are kept so long after they are over: a quarter, which is what promises are looked back on for. */
const ALERTS_KEPT = "interval '90 days'";

/** Deletes those that have been over for long, but what others follow from that are there, and what somebody was told of lately. */
export async function cleanAlerts(db: Queryable): Promise<void> {
  await db.query(
    `delete from weft.alerts a
      where a.resolved_at < now() - ${ALERTS_KEPT}
        and not exists (select from weft.alerts f where f.follows = a.id)
        and not exists (select from weft.alert_tellings t where t.alert_id = a.id)`,
  );
}

/** Deletes what was told a month ago of alerts that are over. */
export async function cleanTellings(db: Queryable): Promise<void> {
  const old = `< now() - interval '30 days'`;
  await db.query(
    `delete from weft.alert_tellings t using weft.alerts a where a.id = t.alert_id and a.resolved_at ${old} and t.told_at ${old}`,
  );
}
