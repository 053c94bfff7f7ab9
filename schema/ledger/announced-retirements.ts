import type { ProductId } from '../ids.ts';
import type { Queryable, Transaction } from './connect.ts';

/** A retirement that is to come. */
export interface AnnouncedRetirement {
  readonly productId: ProductId;
  readonly at: Date;
  readonly announcedBy: string;
}

const ANNOUNCED = 'p.id as "productId", p.retire_at as at, p.retire_announced_by as "announcedBy"';

/** All of products that stand, the next one first. */
export async function announcedRetirements(db: Queryable): Promise<AnnouncedRetirement[]> {
  const { rows } = await db.query<AnnouncedRetirement>(
    `select ${ANNOUNCED} from weft.products p where p.retire_at is not null and p.retired_at is null order by p.retire_at, p.id`,
  );
  return rows;
}

/** Those whose time has come. */
export async function dueRetirements(db: Queryable): Promise<AnnouncedRetirement[]> {
  const { rows } = await db.query<AnnouncedRetirement>(
    `select ${ANNOUNCED} from weft.products p where p.retire_at <= now() and p.retired_at is null order by p.retire_at, p.id`,
  );
  return rows;
}

/** Announces a retirement, in place of one that was announced before. */
export async function announceRetirement(
  trx: Transaction,
  { productId, at, announcedBy }: AnnouncedRetirement,
): Promise<void> {
  await trx.query('update weft.products set retire_at = $2, retire_announced_by = $3 where id = $1', [
    productId,
    at,
    announcedBy,
  ]);
}

/** Takes an announcement back; false where there is none. */
export async function takeBackRetirement(trx: Transaction, id: ProductId): Promise<boolean> {
  const { rowCount } = await trx.query(
    `update weft.products set retire_at = null, retire_announced_by = null where id = $1 and retire_at is not null`,
    [id],
  );
  return (rowCount ?? 0) > 0;
}
