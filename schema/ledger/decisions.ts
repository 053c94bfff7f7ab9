import type { ChangeSummary } from '../contract/changes/summary.ts';
import type { Queryable } from './connect.ts';

/** What came of a publish or rollback of one product. */
export interface NewDecision {
  /** The product's id, or the folder's name where the documents do not tell it. */
  readonly product: string;
  readonly action: 'publish' | 'rollback';
  readonly actor: string;
  readonly outcome: 'published' | 'rejected';
  readonly code: string | null;
  readonly version: string | null;
  readonly revision: number | null;
  readonly supergraph: number | null;
  readonly detail: {
    /** Whose documents a rollback published anew. */
    readonly toRevision?: number;
    /** Codes of its errors. */
    readonly findings?: readonly string[];
    readonly changes?: ChangeSummary;
  };
}

export interface Decision extends NewDecision {
  readonly id: string;
  readonly decidedAt: Date;
}

/** Keeps decisions. In the transaction of what was decided; of a refusal, after it. */
export async function addDecisions(db: Queryable, decisions: readonly NewDecision[]): Promise<void> {
  await db.query(
    `insert into weft.decisions (product_id, action, actor, outcome, code, version, revision, supergraph_id, detail)
     select product, action, actor, outcome, code, version, revision, supergraph, detail
       from jsonb_to_recordset($1) as decision (product text, action text, actor text, outcome text, code text,
            version text, revision integer, supergraph integer, detail jsonb)`,
    [JSON.stringify(decisions)],
  );
}

/** What was decided of a product, newest first. */
export async function decisionsOf(db: Queryable, product: string, limit: number): Promise<Decision[]> {
  const { rows } = await db.query<Decision>(
    `select id::text, product_id as product, action, actor, outcome, code, version, revision, supergraph_id as supergraph, detail,
            decided_at as "decidedAt"
       from weft.decisions d where d.product_id = $1 order by d.id desc limit $2`,
    [product, limit],
  );
  return rows;
}
