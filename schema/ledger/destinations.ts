import type { ProductId } from '../ids.ts';
import type { Queryable, Transaction } from './connect.ts';

/** A destination of a product, and how far it has come. */
export interface Delivery {
  readonly productId: ProductId;
  readonly destination: string;
  /** The version that is there, since `deliveredAt`; null before the first. */
  readonly version: number | null;
  readonly deliveredAt: Date | null;
  readonly rows: number | null;
  /** What failed last, of which version and when; null since it succeeded. */
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly attempted: number | null;
  readonly failedAt: Date | null;
}

const DELIVERY = `d.product_id as "productId", d.destination, d.version, d.delivered_at as "deliveredAt", d.rows::float8 as rows,
  case when d.error is not null then jsonb_build_object('code', d.error_code, 'message', d.error) end as error,
  d.attempted, d.failed_at as "failedAt"`;

/** Products whose live revision is another than the one that their destinations were read from. */
export async function unreadDestinations(db: Queryable): Promise<ProductId[]> {
  const { rows } = await db.query<{ id: ProductId }>(
    `select id from weft.products
      where live_revision is distinct from destinations_of and live_revision is not null and kind = 'managed'`,
  );
  return rows.map(({ id }) => id);
}

/** Records the destinations of a revision; of one that is gone or leads elsewhere now, what was there is forgotten. */
export async function keepDestinations(
  trx: Transaction,
  of: { readonly productId: ProductId; readonly revision: number },
  destinations: readonly { readonly name: string; readonly address: string }[],
): Promise<void> {
  const names = destinations.map(({ name }) => name);
  const addresses = destinations.map(({ address }) => address);
  await trx.query(
    `delete from weft.destinations d
      where product_id = $1
        and not exists (select from unnest($2::text[], $3::text[]) as now (name, address)
                         where now.name = d.destination and now.address = d.address)`,
    [of.productId, names, addresses],
  );
  await trx.query(
    `insert into weft.destinations (product_id, destination, address)
     select $1, name, address from unnest($2::text[], $3::text[]) as now (name, address)
     on conflict do nothing`,
    [of.productId, names, addresses],
  );
  await trx.query('update weft.products set destinations_of = $2 where id = $1', [of.productId, of.revision]);
}

/** Destinations that do not have what is live; where it was tried before, only after `retrySeconds`. */
export async function dueDeliveries(
  db: Queryable,
  { retrySeconds }: { readonly retrySeconds: number },
): Promise<{ productId: ProductId; destination: string; version: number }[]> {
  const { rows } = await db.query<{ productId: ProductId; destination: string; version: number }>(
    `select d.product_id as "productId", d.destination, p.live_version as version
       from weft.destinations d join weft.products p on p.id = d.product_id
      where p.retired_at is null and p.live_version is not null and p.live_version is distinct from d.version
        and (d.attempted is distinct from p.live_version
             or greatest(d.failed_at, d.attempted_at) < now() - make_interval(secs => $1))
      order by d.product_id, d.destination`,
    [retrySeconds],
  );
  return rows;
}

/** The deliveries of products, of those that have destinations. */
export async function deliveriesOf(db: Queryable, ids: readonly ProductId[]): Promise<Delivery[]> {
  const { rows } = await db.query<Delivery>(
    `select ${DELIVERY} from weft.destinations d where d.product_id = any($1) order by d.product_id, d.destination`,
    [ids],
  );
  return rows;
}

/** Records that a version is on its way. */
export async function beginDelivery(db: Queryable, of: DeliveryKey, version: number): Promise<void> {
  await db.query(
    `update weft.destinations set attempted = $3, attempted_at = now() where product_id = $1 and destination = $2`,
    [of.productId, of.destination, version],
  );
}

/** Records that a version is there; false where its destination is gone from the contract, or leads elsewhere. */
export async function endDelivery(
  db: Queryable,
  of: DeliveryKey & { readonly address: string },
  { version, rows }: { readonly version: number; readonly rows: number },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update weft.destinations
        set version = $4, rows = $5, delivered_at = now(), attempted = null, error_code = null, error = null, failed_at = null
      where product_id = $1 and destination = $2 and address = $3`,
    [of.productId, of.destination, of.address, version, rows],
  );
  return rowCount === 1;
}

/** Records why the attempt failed. */
export async function failDelivery(
  db: Queryable,
  of: DeliveryKey,
  error: { readonly code: string; readonly message: string },
): Promise<void> {
  await db.query(
    `update weft.destinations set error_code = $3, error = $4, failed_at = now() where product_id = $1 and destination = $2`,
    [of.productId, of.destination, error.code, error.message.slice(0, 2000)],
  );
}

interface DeliveryKey {
  readonly productId: ProductId;
  readonly destination: string;
}
