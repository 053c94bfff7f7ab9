import type { ChangeSummary } from '../contract/changes/summary.ts';
import { Refusal, type RefusalCode } from '../errors.ts';
import type { Queryable } from './connect.ts';

/** What was decided: published, or how a product ends or gets another name. */
export type DecisionAction = 'publish' | 'rollback' | 'rename' | 'retire' | 'announce_retirement' | 'cancel_retirement';

/** What came of a publish, a rollback, or a change of a product's life. */
export interface NewDecision {
  /** The product's id, or the folder's name where the documents do not tell it. */
  readonly product: string;
  readonly action: DecisionAction;
  readonly actor: string;
  readonly outcome: 'published' | 'done' | 'rejected';
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
    /** Of a renaming: the former id and the new one. */
    readonly from?: string;
    readonly to?: string;
    /** Of an announcement: when the product is to be retired, in ISO 8601. */
    readonly retiresAt?: string;
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

/** Refusals that decide nothing: what was asked for is not there, was asked wrongly, or can be asked again in a moment. */
const UNDECIDED: ReadonlySet<RefusalCode> = new Set(['NOT_FOUND', 'BAD_INPUT', 'GRAPH_BUSY']);

/** Tells a story of which a refusal is kept, too; what it does, the story keeps itself, in its own transaction. */
export async function keepingRefusals<Told>(
  ledger: Queryable,
  about: Pick<NewDecision, 'product' | 'action' | 'actor'> & Partial<Pick<NewDecision, 'detail'>>,
  story: () => Promise<Told>,
): Promise<Told> {
  try {
    return await story();
  } catch (error) {
    if (error instanceof Refusal && !UNDECIDED.has(error.code)) {
      const findings = [...new Set(error.findings.map(({ code }) => code))].slice(0, CODES_MAX);
      const { detail = {} } = about;
      await addDecisions(ledger, [
        { ...about, ...NOTHING, outcome: 'rejected', code: error.code, detail: { ...detail, findings } },
      ]);
    }
    throw error;
  }
}

const NOTHING = { version: null, revision: null, supergraph: null } as const;
// The codes say what it was about; a graph that does not compose may have thousands of reasons.
const CODES_MAX = 20;

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
