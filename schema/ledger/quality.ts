import type { RunId } from '../ids.ts';
import type { Queryable } from './connect.ts';

export interface QualityResult {
  readonly rule: string;
  readonly object: string;
  readonly property: string | null;
  readonly severity: 'error' | 'warning';
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly measured: string | null;
  readonly expected: string | null;
  readonly description: string | null;
  /** Some of the rows that broke it: values as text, by property. */
  readonly samples: readonly QualitySample[];
}

export type QualitySample = Readonly<Record<string, string | null>>;

/** Keeps what the audit of a run found; a repeated audit replaces it. */
export async function saveQuality(db: Queryable, id: RunId, results: readonly QualityResult[]): Promise<void> {
  await db.query(
    `with gone as (delete from weft.quality_results where run_id = $1 and not rule = any($3))
     insert into weft.quality_results (run_id, rule, object, property, severity, outcome, measured, expected, description, samples)
     select $1, * from jsonb_to_recordset($2) as r (rule text, object text, property text, severity text, outcome text,
                                                   measured text, expected text, description text, samples jsonb)
     on conflict (run_id, rule) do update
        set severity = excluded.severity, outcome = excluded.outcome, measured = excluded.measured, expected = excluded.expected,
            samples = excluded.samples`,
    [id, JSON.stringify(results), results.map(({ rule }) => rule)],
  );
}

/** What the audits of several runs found, by rule. */
export async function qualityOfRuns(
  db: Queryable,
  ids: readonly RunId[],
): Promise<(QualityResult & { readonly runId: RunId })[]> {
  const { rows } = await db.query<QualityResult & { runId: RunId }>(
    `select run_id as "runId", rule, object, property, severity, outcome, measured, expected, description, samples
       from weft.quality_results where run_id = any($1) order by rule`,
    [ids],
  );
  return rows;
}
