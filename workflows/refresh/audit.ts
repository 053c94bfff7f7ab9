import type pg from 'pg';
import { quoted, type SqlName, sqlName } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { saveQuality } from '../../schema/ledger/quality.ts';
import { asDomain, prepareDomainRole } from '../engines/postgres.ts';
import type { StageDetail } from './activities.ts';
import { requireExpected } from './expectations.ts';
import { createInputViews, replaceView } from './input-views.ts';
import { measure, type Measurement } from './measure.ts';
import { outputRelation, type PlannedOutput, type RefreshPlan } from './plan.ts';
import { rowsTold } from './rows-told.ts';
import { qualityRefusal } from './seal.ts';
import type { RefreshDeps, StageWork } from './stage.ts';

/**
 * Checks the contract's quality rules on what is about to be published, as the domain's role and reading only, and keeps what came of
 * them in the ledger; then what consumers expect of it. Refuses with QUALITY_FAILED where a rule of severity error fails, naming all that
 * did, and with CONSUMER_BROKEN.
 */
export async function audit(
  deps: RefreshDeps,
  { plan, client, signal, connect, end }: StageWork,
): Promise<StageDetail> {
  const role = await prepareDomainRole(deps, plan);
  const relations = await transaction(client, async () => {
    await client.query(`grant usage on schema ${quoted(plan.schema)} to ${quoted(role)}`);
    return createAuditViews(client, plan, role);
  });
  const analyzed = analyzeOutputs(client, plan);
  // What ends the audit first is what ended it.
  analyzed.catch(() => undefined);
  const measured = await asDomain(deps, { plan, connect, readOnly: true }, async (domain) => {
    const all: (readonly [PlannedOutput, Measurement])[] = [];
    for (const output of plan.outputs) all.push([output, await measure(domain, plan, output.object, relations)]);
    return all;
  });
  await analyzed;
  const results = measured.flatMap(([, one]) => one.results);
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  const errors = failed.filter(({ severity }) => severity === 'error');
  const detail = {
    ...rowsTold(
      'rows',
      measured.map(([output, { rows }]) => [output, rows]),
    ),
    rulesChecked: results.filter(({ outcome }) => outcome !== 'skipped').length,
    errors: errors.length,
    warnings: failed.length - errors.length,
  };
  if (errors.length > 0) {
    await saveQuality(client, plan.run.id, results);
    throw qualityRefusal(plan, errors);
  }
  const operationsAsked = await requireExpected(deps, { plan, client, signal });
  return transaction(client, async (trx) => {
    await saveQuality(trx, plan.run.id, results);
    return end(trx, { ...detail, operationsAsked });
  });
}

/** Beside the scans of the audit: what the planner knows of the tables that the run made. Kept tables are looked at when they are merged. */
async function analyzeOutputs(client: pg.Client, { outputs, schema }: RefreshPlan): Promise<void> {
  for (const output of outputs) if (output.asOf === null) await client.query(`analyze ${quoted(schema, output.table)}`);
}

/** Inputs and outputs under the names of their objects; where an input has an output's name, the output is meant. */
async function createAuditViews(client: pg.Client, plan: RefreshPlan, role: SqlName): Promise<SqlName[]> {
  const views = new Set((await createInputViews(client, plan, role)).map(({ view }) => view));
  for (const output of plan.outputs)
    for (const view of new Set([output.object.table, sqlName(output.object.name)])) {
      await replaceView(client, plan, role, view, `select * from ${outputRelation(output)} as output`);
      views.add(view);
    }
  return [...views];
}
