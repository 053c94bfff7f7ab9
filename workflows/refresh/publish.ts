import { linkMesh } from '../../schema/contract/link.ts';
import { Refusal } from '../../schema/errors.ts';
import { quoted, type SqlName, sqlName } from '../../schema/ids.ts';
import type { Transaction } from '../../schema/ledger/connect.ts';
import { addVersion, datasetOfRun, type DatasetTable, nextVersion } from '../../schema/ledger/datasets.ts';
import { liveProducts } from '../../schema/ledger/mesh.ts';
import { makeLive, product, revisionIn } from '../../schema/ledger/products.ts';
import { promote } from '../../schema/ledger/promote.ts';
import { domainSchema, READER } from '../../schema/ledger/roles.ts';
import { succeedRun } from '../../schema/ledger/runs.ts';
import { lockHead } from '../../schema/ledger/supergraphs.ts';
import type { StageDetail } from './activities.ts';
import type { RefreshPlan } from './plan.ts';
import { inTransaction, type RefreshDeps, type StageWork } from './stage.ts';

/**
 * Makes the run's tables the product's live version: tables moved, version stored, pointer moved, a pending revision made live
 * and its graph composed, run succeeded, event told, all in one transaction. Refuses with DOES_NOT_COMPOSE, PRODUCT_RETIRED or
 * RUN_SUPERSEDED; then nothing has changed.
 */
export async function publish(deps: RefreshDeps, { plan, client, end }: StageWork): Promise<StageDetail> {
  const detail = await inTransaction(client, async (trx) => {
    const already = await datasetOfRun(trx, plan.run.id);
    if (already !== null) return end(trx, { version: already.version });
    await lockHead(trx);
    const version = await nextVersion(trx, plan.product.id);
    const revision = await revisionToServe(trx, plan);
    const tables = await moveTables(trx, plan, version);
    if (revision.makeLive) await goLive(trx, plan);
    await addVersion(trx, {
      productId: plan.product.id,
      version,
      revision: revision.number,
      runId: plan.run.id,
      tables,
    });
    await succeedRun(trx, plan.run.id, version);
    const counts = await end(trx, { version, rows: Object.values(tables).reduce((sum, { rows }) => sum + rows, 0) });
    deps.crash('publish:committing');
    return counts;
  });
  deps.crash('publish:committed');
  return detail;
}

/** The revision that the rows have the shape of, as things stand now: others may have been published since the run began. */
async function revisionToServe(
  trx: Transaction,
  { product: { id, dataDigest }, run }: RefreshPlan,
): Promise<{ number: number; makeLive: boolean }> {
  const row = await product(trx, id);
  if (row === null || row.retiredAt !== null)
    throw new Refusal('PRODUCT_RETIRED', `Product ${id} was retired while its run was under way.`);
  const pending = await revisionIn(trx, id, 'pending');
  if (pending?.revision === run.revision) return { number: run.revision, makeLive: true };
  const live = await revisionIn(trx, id, 'live');
  if (live !== null && live.dataDigest === dataDigest) return { number: live.revision, makeLive: false };
  throw new Refusal(
    'RUN_SUPERSEDED',
    `The run made data for revision ${run.revision} of ${id}, which a newer revision of another shape has replaced; a new run follows.`,
  );
}

async function goLive(trx: Transaction, plan: RefreshPlan): Promise<void> {
  await makeLive(trx, plan.product.id, plan.run.revision);
  const { mesh, findings } = linkMesh(await liveProducts(trx));
  const errors = findings.filter(({ severity }) => severity === 'error');
  const promotion =
    errors.length > 0
      ? ({ promoted: false, findings: errors } as const)
      : await promote(trx, { mesh, cause: `first data of ${plan.product.id} revision ${plan.run.revision}` });
  if (promotion.promoted) return;
  throw new Refusal(
    'DOES_NOT_COMPOSE',
    `With revision ${plan.run.revision} of ${plan.product.id} the graph would no longer compose: ${promotion.findings.map(({ message }) => message).join(' ')}`,
    { findings: promotion.findings },
  );
}

/** Moves the output tables into the domain's schema, under the version's number. No reader knows them yet, so nobody waits. */
async function moveTables(trx: Transaction, plan: RefreshPlan, version: number): Promise<Record<string, DatasetTable>> {
  const domain = domainSchema(plan.product.domain);
  await trx.query(`create schema if not exists ${quoted(domain)}`);
  await trx.query(`grant usage on schema ${quoted(domain)} to ${quoted(READER)}`);
  const tables: Record<string, DatasetTable> = {};
  for (const { object, table } of plan.outputs) {
    const { rows } = await trx.query<{ count: string }>(`select count(*) from ${quoted(plan.schema, table)}`);
    const name = await freeName(trx, domain, object.table, version, table);
    await trx.query(`alter table ${quoted(plan.schema, table)} set schema ${quoted(domain)}`);
    if (name !== table) await trx.query(`alter table ${quoted(domain, table)} rename to ${quoted(name)}`);
    await trx.query(`grant select on ${quoted(domain, name)} to ${quoted(READER)}`);
    tables[object.name] = { table: name, rows: Number(rows[0]!.count) };
  }
  return tables;
}

/** `flights__42`; the run's own name for it where another product had a table of that name before. */
async function freeName(
  trx: Transaction,
  schema: SqlName,
  base: SqlName,
  version: number,
  otherwise: SqlName,
): Promise<SqlName> {
  const suffix = `__${version}`;
  const name = sqlName(base.slice(0, 63 - suffix.length) + suffix);
  const { rows } = await trx.query<{ taken: boolean }>('select to_regclass($1) is not null as taken', [
    quoted(schema, name),
  ]);
  return rows[0]!.taken ? otherwise : name;
}
