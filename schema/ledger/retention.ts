import type { ProductId } from '../ids.ts';
import type { Queryable } from './connect.ts';
import { type DatasetVersion, liveDataset, tablePath } from './datasets.ts';

/** How much longer than promised data may be there that is to be gone: readers and backups of a night hold up its going. */
const LATE = "interval '1 day'";

/** A product whose retention is promised, and whether all is there that must be, and gone what must be gone. */
export interface RetentionStanding {
  readonly productId: ProductId;
  readonly isKept: boolean;
}

/** Of every product that promises a retention, retired ones among them. */
export async function retentionStandings(db: Queryable): Promise<RetentionStanding[]> {
  const { rows } = await db.query<{ id: ProductId; isOver: boolean; isLeft: boolean; mustBe: boolean }>(
    `select p.id, coalesce(p.data_until < now() - ${LATE}, false) as "isOver",
            exists (select from weft.dataset_versions v where v.product_id = p.id and v.dropped_at is null) as "isLeft",
            p.live_version is not null and (p.data_until is null or p.data_until > now()) as "mustBe"
       from weft.slos s
       join weft.products p on p.id = s.product_id
      where s.property = 'retention'`,
  );
  return Promise.all(
    rows.map(async ({ id, isOver, isLeft, mustBe }) => {
      const live = mustBe ? await liveDataset(db, id) : null;
      const isThere = live === null || (live.droppedAt === null && (await hasTables(db, id, live)));
      return { productId: id, isKept: isThere && !(isOver && isLeft) };
    }),
  );
}

async function hasTables(db: Queryable, id: ProductId, { tables }: DatasetVersion): Promise<boolean> {
  const names = Object.values(tables).map((table) => tablePath(id, table));
  const { rows } = await db.query<{ all: boolean }>(
    'select coalesce(bool_and(to_regclass(name) is not null), true) as all from unnest($1::text[]) as name',
    [names],
  );
  return rows[0]?.all === true;
}
