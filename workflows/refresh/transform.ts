import { checkSelect } from '../../schema/contract/sql.ts';
import type { Engine } from '../../schema/contract/engines.ts';
import { createTable } from '../../schema/contract/tables.ts';
import { Refusal } from '../../schema/errors.ts';
import type { Finding } from '../../schema/findings.ts';
import { quoted } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import type { TransformedOutput, TransformEngine } from '../engines/engine.ts';
import { embeddable, prepareDomainRole } from '../engines/postgres.ts';
import { transformInDuckdb } from '../engines/transform-in-duckdb.ts';
import { transformInPostgres } from '../engines/transform-in-postgres.ts';
import { transformInSpark } from '../engines/transform-in-spark.ts';
import type { StageDetail } from './activities.ts';
import { createInputViews } from './input-views.ts';
import { outputSql } from './output-sql.ts';
import type { PlannedOutput, RefreshPlan } from './plan.ts';
import { seal } from './seal.ts';
import type { RefreshDeps, StageWork } from './stage.ts';

const ENGINES: Readonly<Record<Engine, TransformEngine>> = {
  postgres: transformInPostgres,
  duckdb: transformInDuckdb,
  spark: transformInSpark,
};

/**
 * Makes the output tables by the product's SQL, in the engine that its contract names. Refuses with TRANSFORM_REFUSED what is not one
 * SELECT over declared inputs, with QUALITY_FAILED where a key is not one, and as the engine does. Tables that were landed straight are
 * left as they are.
 */
export async function transform(deps: RefreshDeps, work: StageWork): Promise<StageDetail> {
  const { plan, client, signal, connect, end } = work;
  const planned = plan.outputs.filter(({ straight }) => !straight);
  if (planned.length === 0) return transaction(client, (trx) => end(trx, {}));
  const role = await prepareDomainRole(deps, plan);
  const inputs = await transaction(client, async () => {
    await client.query(`grant usage on schema ${quoted(plan.schema)} to ${quoted(role)}`);
    const views = await createInputViews(client, plan, role);
    for (const { object, table } of planned) {
      await client.query(`drop table if exists ${quoted(plan.schema, table)}`);
      await client.query(createTable(object, { schema: plan.schema, table }));
    }
    return views;
  });
  const relations = [
    ...inputs.map(({ view }) => view),
    ...plan.landings.flatMap(({ inPlace, object }) => (inPlace ? [object.view] : [])),
  ];
  const outputs: TransformedOutput[] = [];
  for (const output of planned) outputs.push({ ...output, source: await judgedSql(plan, output, relations) });
  const made = await ENGINES[plan.product.engine](deps, { plan, client, signal, connect, role, inputs, outputs });
  return transaction(client, async (trx) => {
    await trx.query(`set local maintenance_work_mem = '256MB'`);
    for (const { object, table } of outputs) await seal(deps, { client, plan }, { object, table });
    return end(trx, made);
  });
}

/** The SELECT of an output, once it is seen to be one: it was when it was published, and may be of an older release. */
async function judgedSql(
  plan: RefreshPlan,
  { object }: PlannedOutput,
  relations: readonly string[],
): Promise<TransformedOutput['source']> {
  const { engine } = plan.product;
  const { sql, file } = outputSql(plan, object);
  const { allowed, findings } = await checkSelect({ sql, file, relations, engine });
  if (allowed) return { sql: embeddable(sql), file };
  throw new Refusal(
    'TRANSFORM_REFUSED',
    `${object.name}: ${findings.map((finding) => `${place(finding)}${finding.message}`).join(' ')}`,
    { findings },
  );
}

function place({ file, line, column }: Finding): string {
  return file === null ? '' : line === null ? `${file}: ` : `${file}:${line}:${column ?? 1}: `;
}
