import pg from 'pg';
import type { Objective, RowAge } from '../../schema/contract/model.ts';
import { type ProductId, quoted } from '../../schema/ids.ts';
import { type Pool, transaction } from '../../schema/ledger/connect.ts';
import { type DatasetVersion, liveDataset, relationOf } from '../../schema/ledger/datasets.ts';
import { liveProducts } from '../../schema/ledger/mesh.ts';

/** How much longer than promised rows may be there that are to be gone: what leaves them out is a refresh, and comes once a day. */
const LATE_SECONDS = 86_400;
/** What takes longer to look at takes more of the database than it is worth, and is looked at in the next version. */
const LOOK_MS = 60_000;

/** A promise of the ages of rows, and whether the live version keeps it. */
export interface RowAgeStanding {
  readonly productId: ProductId;
  readonly property: Objective['property'];
  readonly isKept: boolean;
}

/** A moment in epoch seconds; none where there is no row, unseen where it could not be had. */
type Bound = number | 'none' | 'unseen';

/** What was seen of products' versions, whose rows never change: each is looked at once, as long as the process lives. */
export type SeenRows = Map<ProductId, { readonly version: number; readonly bounds: Map<string, Bound> }>;

/**
 * How products that have data keep what they promise of rows' ages: that none is older than it is kept, and that the newest had come about
 * no longer before its version was published. A promise of which nothing could be seen is left out.
 */
export async function rowAgeStandings(pool: Pool, seen: SeenRows): Promise<RowAgeStanding[]> {
  const standings: RowAgeStanding[] = [];
  for (const { id, sla } of await liveProducts(pool))
    for (const objective of sla.objectives) {
      if ((objective.measure !== 'kept' && objective.measure !== 'lag') || objective.rows.length === 0) continue;
      const live = await liveDataset(pool, id);
      if (live === null) continue;
      const { property, measure } = objective;
      const found: (boolean | null)[] = [];
      for (const row of objective.rows)
        found.push(isWithin(measure, row, live, await bound(pool, measure, row, live, seen)));
      if (found.includes(false) || !found.includes(null))
        standings.push({ productId: id, property, isKept: !found.includes(false) });
    }
  return standings;
}

function isWithin(measure: Measure, { seconds }: RowAge, { publishedAt }: DatasetVersion, at: Bound): boolean | null {
  if (typeof at !== 'number') return at === 'none' ? true : null;
  return measure === 'kept'
    ? Date.now() / 1000 - at <= seconds + LATE_SECONDS
    : publishedAt.getTime() / 1000 - at <= seconds;
}

type Measure = 'kept' | 'lag';

async function bound(pool: Pool, measure: Measure, row: RowAge, live: DatasetVersion, seen: SeenRows): Promise<Bound> {
  const { productId, version } = live;
  let known = seen.get(productId);
  if (known?.version !== version) seen.set(productId, (known = { version, bounds: new Map() }));
  const name = `${measure} ${row.object}.${row.column}`;
  const before = known.bounds.get(name);
  if (before !== undefined) return before;
  const now = await look(pool, measure, row, live);
  known.bounds.set(name, now);
  return now;
}

/** The oldest row where it is about how long they are kept, else the newest; by the column's index, where it has one. */
async function look(pool: Pool, measure: Measure, { object, column }: RowAge, live: DatasetVersion): Promise<Bound> {
  const table = live.tables[object];
  if (table === undefined) return 'unseen';
  const rows = relationOf(live.productId, table, [column]);
  const moment = `${measure === 'kept' ? 'min' : 'max'}(${quoted(column)})`;
  try {
    return await transaction(pool, async (trx) => {
      await trx.query(`set local statement_timeout = ${LOOK_MS}`);
      // A date is its midnight in UTC.
      await trx.query(`set local time zone 'UTC'`);
      const { rows: found } = await trx.query<{ at: number | null }>(
        `select extract(epoch from ${moment}::timestamptz)::float8 as at from ${rows} as version`,
      );
      return found[0]?.at ?? 'none';
    });
  } catch (error) {
    // Another version went live and took it away, or it takes too long.
    if (error instanceof pg.DatabaseError) return 'unseen';
    throw error;
  }
}
