import type { Expectation } from '../expectation.ts';
import type { ProductId } from '../ids.ts';
import type { Queryable, Transaction } from './connect.ts';

/** An operation that a consumer registered: what must go on working. */
export interface RegisteredOperation {
  readonly name: string;
  readonly text: string;
  /** Schema coordinates that stand in its text. */
  readonly coordinates: readonly string[];
  /** What it is asked with where it is asked of data that is about to go live. */
  readonly variables: Readonly<Record<string, unknown>> | null;
  /** What its answer must be like then; null where it is not asked. */
  readonly expects: Expectation | null;
}

/** A consumer's standing use of a product. */
export interface Subscription {
  readonly id: string;
  readonly productId: ProductId;
  readonly consumer: string;
  readonly purpose: string | null;
  readonly subscribedAt: Date;
  readonly operations: readonly RegisteredOperation[];
}

const SUBSCRIPTION = `s.id::text, s.product_id as "productId", s.consumer, s.purpose, s.subscribed_at as "subscribedAt",
  (select coalesce(json_agg(json_build_object('name', o.name, 'text', o.text, 'coordinates', o.coordinates,
                                                    'variables', o.variables, 'expects', o.expects) order by o.name), '[]')
     from weft.subscription_operations o where o.subscription_id = s.id) as operations`;

/** Subscribes a consumer; what it had of the product before ends with it. */
export async function addSubscription(
  trx: Transaction,
  next: Pick<Subscription, 'productId' | 'consumer' | 'purpose' | 'operations'>,
): Promise<Subscription> {
  const { productId, consumer, purpose, operations } = next;
  await endSubscription(trx, { productId, consumer, endedBy: consumer });
  const { rows } = await trx.query<{ id: string }>(
    `with made as (
       insert into weft.subscriptions (product_id, consumer, purpose) values ($1, $2, $3) returning id
     ), told as (
       insert into weft.subscription_operations (subscription_id, name, text, coordinates, variables, expects)
       select made.id, o.name, o.text, o.coordinates, o.variables, o.expects
         from made, jsonb_to_recordset($4::jsonb) as o (name text, text text, coordinates text[], variables jsonb, expects jsonb)
     )
     select id::text from made`,
    [productId, consumer, purpose, JSON.stringify(operations)],
  );
  const { rows: made } = await trx.query<Subscription>(
    `select ${SUBSCRIPTION} from weft.subscriptions s where s.id = $1`,
    [rows[0]!.id],
  );
  return made[0]!;
}

/** Ends a consumer's subscription of a product; false where it has none. */
export async function endSubscription(
  db: Queryable,
  ended: { readonly productId: ProductId; readonly consumer: string; readonly endedBy: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update weft.subscriptions set ended_at = now(), ended_by = $3
      where product_id = $1 and consumer = $2 and ended_at is null`,
    [ended.productId, ended.consumer, ended.endedBy],
  );
  return (rowCount ?? 0) > 0;
}

/** Those that stand, of products or of a consumer, or of both; all where neither is named. */
export async function standingSubscriptions(
  db: Queryable,
  of: { readonly productIds?: readonly ProductId[]; readonly consumer?: string } = {},
): Promise<Subscription[]> {
  const { rows } = await db.query<Subscription>(
    `select ${SUBSCRIPTION} from weft.subscriptions s
      where s.ended_at is null and ($1::text[] is null or s.product_id = any($1)) and ($2::text is null or s.consumer = $2)
      order by s.product_id, s.consumer`,
    [of.productIds ?? null, of.consumer ?? null],
  );
  return rows;
}
