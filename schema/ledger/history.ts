import type { ChangeSummary } from '../contract/changes/summary.ts';
import type { ProductId } from '../ids.ts';
import type { Queryable } from './connect.ts';
import { REVISION, type RevisionRow } from './products.ts';

/** A revision as its history tells it. */
export interface PastRevision extends RevisionRow {
  /** Until when it was served, or waited. */
  readonly endedAt: Date | null;
  /** The supergraphs that it was in, all from the first to the last; null where it never was live. */
  readonly supergraphs: { readonly first: number; readonly last: number } | null;
  /** The revision whose documents it has anew, if it is a rollback. */
  readonly rollbackOf: number | null;
  /** What it changed of the one before; null of the first, and of those from before changes were kept. */
  readonly changes: ChangeSummary | null;
}

/** All revisions of several products, newest first. */
export async function revisionHistories(db: Queryable, ids: readonly ProductId[]): Promise<PastRevision[]> {
  const { rows } = await db.query<PastRevision>(
    // A supergraph is served until the next one is there; what goes live with it has its moment, by the clock of one transaction.
    `with served as (
       select id, created_at as since, coalesce(lead(created_at) over (order by id), 'infinity') as until from weft.supergraphs)
     select ${REVISION}, r.ended_at as "endedAt",
            d.detail -> 'changes' as changes, (d.detail ->> 'toRevision')::int as "rollbackOf",
            (select case when count(*) > 0 then json_build_object('first', min(s.id), 'last', max(s.id)) end from served s
              where s.since < coalesce(r.ended_at, 'infinity') and s.until > r.live_at) as supergraphs
       from weft.product_revisions r
       left join weft.decisions d on d.product_id = r.product_id and d.revision = r.revision and d.outcome = 'published'
      where r.product_id = any($1) order by r.revision desc`,
    [ids],
  );
  return rows;
}
