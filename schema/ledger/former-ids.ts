import type { ProductId } from '../ids.ts';
import type { Queryable } from './connect.ts';

/** What the product is called now that had this id before; null where none had. */
export async function currentId(db: Queryable, former: ProductId): Promise<ProductId | null> {
  const { rows } = await db.query<{ id: ProductId }>(
    'select product_id as id from weft.former_product_ids where former_id = $1',
    [former],
  );
  return rows[0]?.id ?? null;
}

/** Those of the ids that are former ones, with what their products are called now. */
export async function renamedProducts(
  db: Queryable,
  ids: readonly ProductId[],
): Promise<{ readonly former: ProductId; readonly now: ProductId }[]> {
  const { rows } = await db.query<{ former: ProductId; now: ProductId }>(
    'select former_id as former, product_id as now from weft.former_product_ids where former_id = any($1)',
    [ids],
  );
  return rows;
}
