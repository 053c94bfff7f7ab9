import { dueMs } from '../contract/due.ts';
import type { Objective, ObjectiveProperty, Product } from '../contract/model.ts';
import type { ProductId } from '../ids.ts';
import type { Queryable, Transaction } from './connect.ts';
import { emit } from './events.ts';

/** How a product stands by the promises that time tells. */
export interface Punctuality {
  /** The next moment at which it is late unless new data comes; null where there is none. */
  readonly dueAt: Date | null;
  /** Promises that are not kept now, with since when. */
  readonly late: readonly { readonly property: ObjectiveProperty; readonly since: Date }[];
}

/**
 * Holds a product against its promises as it stands at the transaction's time: what is promised is written down, a breach begins at the
 * moment at which the data was due, and ends now where data has come. Told by events. Publishing does so before it moves the pointer, so
 * that a breach which nobody noticed is known, and after; asking again changes nothing. Locks the product's row.
 */
export async function judgePunctuality(trx: Transaction, product: Product): Promise<Punctuality> {
  const { id, sla } = product;
  await trx.query('select from weft.products where id = $1 for no key update', [id]);
  await keepPromises(trx, id, sla.objectives);
  const { nowAt, arrivedAt, liveAt } = await arrival(trx, id);
  const known = await promises(trx, id);
  const late: { property: ObjectiveProperty; since: Date }[] = [];
  const due = new Map<ObjectiveProperty, Date>();
  for (const objective of sla.objectives) {
    const { property } = objective;
    const { promisedAt, lateSince } = known.get(property)!;
    const at = dueMs(objective, (arrivedAt ?? promisedAt).getTime());
    if (at === null) continue;
    due.set(property, new Date(at));
    if (at > nowAt.getTime()) {
      if (lateSince !== null) await endBreach(trx, id, property, lateSince);
      continue;
    }
    // Not before this data was what readers saw, nor before it was promised.
    const since = lateSince ?? new Date(Math.max(at, liveAt?.getTime() ?? at, promisedAt.getTime()));
    if (lateSince === null) await beginBreach(trx, id, property, since);
    late.push({ property, since });
  }
  await trx.query(
    `update weft.slos s set due_at = due.at
       from unnest($2::text[], $3::timestamptz[]) as due (property, at)
      where s.product_id = $1 and s.property = due.property`,
    [id, [...due.keys()], [...due.values()]],
  );
  const coming = [...due.values()].map((at) => at.getTime()).filter((at) => at > nowAt.getTime());
  return { dueAt: coming.length === 0 ? null : new Date(Math.min(...coming)), late };
}

/** True where data was due, and nobody has noticed yet that it did not come. */
export async function isOverdueUnnoticed(db: Queryable, id: ProductId): Promise<boolean> {
  const { rows } = await db.query(
    `select from weft.slos s
      where s.product_id = $1 and s.due_at <= now()
        and not exists (select from weft.slo_breaches b
                         where b.product_id = s.product_id and b.property = s.property and b.ended_at is null)`,
    [id],
  );
  return rows.length > 0;
}

/** Begins or ends a breach of a promise that no time tells, as of now. Told by events. */
export async function judgeKept(
  trx: Transaction,
  id: ProductId,
  { property, isKept }: { readonly property: ObjectiveProperty; readonly isKept: boolean },
): Promise<void> {
  const promise = (await promises(trx, id)).get(property);
  if (promise === undefined || isKept === (promise.lateSince === null)) return;
  if (promise.lateSince !== null) await endBreach(trx, id, property, promise.lateSince);
  else await beginBreach(trx, id, property, (await arrival(trx, id)).nowAt);
}

/** A product has left the graph: it promises nothing more but to keep its data, as long as there is some. */
export async function endPromises(trx: Transaction, id: ProductId): Promise<void> {
  await trx.query(
    `with gone as (delete from weft.slos where product_id = $1 and property <> 'retention')
     update weft.slo_breaches set ended_at = greatest(now(), began_at)
      where product_id = $1 and property <> 'retention' and ended_at is null`,
    [id],
  );
}

/** Breaches are kept so long after they are over: the longest window that an error budget may have. */
const BREACHES_KEPT = "interval '90 days'";

/** Deletes those that no window has, but the last of each promise: since it ended the promise is kept. */
export async function cleanBreaches(db: Queryable): Promise<void> {
  await db.query(
    `delete from weft.slo_breaches b
      where b.ended_at < now() - ${BREACHES_KEPT}
        and exists (select from weft.slo_breaches later
                     where later.product_id = b.product_id and later.property = b.property and later.began_at > b.began_at)`,
  );
}

/** What is promised now; what is promised no more is measured no more, and a breach of it is over. */
async function keepPromises(trx: Transaction, id: ProductId, objectives: readonly Objective[]): Promise<void> {
  await trx.query(
    `with promised as (select * from unnest($2::text[], $3::text[]) as promised (property, promised)),
     gone as (delete from weft.slos where product_id = $1 and property <> all($2)),
     over as (update weft.slo_breaches set ended_at = greatest(now(), began_at)
               where product_id = $1 and property <> all($2) and ended_at is null)
     insert into weft.slos as known (product_id, property, promised)
     select $1, property, promised from promised
     on conflict (product_id, property) do update set promised = excluded.promised, promised_at = now()
        where known.promised <> excluded.promised`,
    [id, objectives.map(({ property }) => property), objectives.map(({ promised }) => promised)],
  );
}

/** When the data came that readers see, and when they began to see it; null of a product without data. */
async function arrival(
  db: Queryable,
  id: ProductId,
): Promise<{ readonly nowAt: Date; readonly arrivedAt: Date | null; readonly liveAt: Date | null }> {
  const { rows } = await db.query<{ nowAt: Date; arrivedAt: Date | null; liveAt: Date | null }>(
    `select now() as "nowAt", greatest(v.published_at, v.confirmed_at) as "arrivedAt",
            greatest(v.published_at, (select max(superseded_at) from weft.dataset_versions where product_id = p.id)) as "liveAt"
       from weft.products p
       left join weft.dataset_versions v on v.product_id = p.id and v.version = p.live_version
      where p.id = $1`,
    [id],
  );
  return rows[0]!;
}

async function promises(
  db: Queryable,
  id: ProductId,
): Promise<Map<string, { readonly promisedAt: Date; readonly lateSince: Date | null }>> {
  const { rows } = await db.query<{ property: string; promisedAt: Date; lateSince: Date | null }>(
    `select s.property, s.promised_at as "promisedAt", b.began_at as "lateSince"
       from weft.slos s
       left join weft.slo_breaches b
         on b.product_id = s.product_id and b.property = s.property and b.ended_at is null
      where s.product_id = $1`,
    [id],
  );
  return new Map(rows.map((row) => [row.property, row]));
}

async function beginBreach(trx: Transaction, id: ProductId, property: ObjectiveProperty, since: Date): Promise<void> {
  await trx.query(
    `insert into weft.slo_breaches (product_id, property, began_at) values ($1, $2, $3)
     on conflict (product_id, property, began_at) do update set ended_at = null`,
    [id, property, since],
  );
  await emit(trx, { type: 'slo.missed', subject: id, payload: { property, since: since.toISOString() } });
}

async function endBreach(trx: Transaction, id: ProductId, property: ObjectiveProperty, since: Date): Promise<void> {
  await trx.query(
    // Who noticed it may have begun after this transaction did.
    `update weft.slo_breaches set ended_at = greatest(now(), began_at)
      where product_id = $1 and property = $2 and ended_at is null`,
    [id, property],
  );
  await emit(trx, { type: 'slo.met', subject: id, payload: { property, since: since.toISOString() } });
}
