import type { SqlName } from '../../schema/ids.ts';
import type { StageDetail } from '../refresh/activities.ts';
import type { InputView } from '../refresh/input-views.ts';
import type { OutputSql } from '../refresh/output-sql.ts';
import type { PlannedOutput } from '../refresh/plan.ts';
import type { RefreshDeps, StageWork } from '../refresh/stage.ts';

/** What an engine is to do: all tables of outputs are there and empty, and all SQL was judged. */
export interface Transformation extends Pick<StageWork, 'plan' | 'client' | 'signal' | 'connect'> {
  /** The domain's role, which may read the views of inputs. */
  readonly role: SqlName;
  /** What lies in Postgres; the other inputs are landings that the engine reads in place. */
  readonly inputs: readonly InputView[];
  readonly outputs: readonly TransformedOutput[];
}

export interface TransformedOutput extends PlannedOutput {
  readonly source: OutputSql;
}

/**
 * Fills the tables of outputs by their SQL, each value of the contract's type, and nothing but these. Answers what it counted,
 * `rowsMade` among it. Refuses with TRANSFORM_MISMATCH where columns are not the contract's, TRANSFORM_FAILED where the engine says no
 * to the SQL or its data, and as a landing does where it reads sources itself. Done again, it does the same.
 */
export type TransformEngine = (deps: RefreshDeps, work: Transformation) => Promise<StageDetail>;
