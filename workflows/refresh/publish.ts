import { Refusal } from '../../schema/errors.ts';
import { ownName, type ProductId, quoted, type SqlName } from '../../schema/ids.ts';
import { type Queryable, type Transaction, transaction } from '../../schema/ledger/connect.ts';
import { brokenFindings } from '../../schema/ledger/broken-operations.ts';
import { addVersion, datasetOfRun, type DatasetTable, liveDataset, nextVersion } from '../../schema/ledger/datasets.ts';
import { goLive, hindrances } from '../../schema/ledger/go-live.ts';
import { moveKeptTable } from '../../schema/ledger/kept-tables.ts';
import { productOf } from '../../schema/ledger/mesh.ts';
import { pendingRevisions, product, revisionIn } from '../../schema/ledger/products.ts';
import { readyToRun } from '../../schema/ledger/ready-to-run.ts';
import { domainSchema, READER } from '../../schema/ledger/roles.ts';
import { requestRun, type RunRow, stagesOf, succeedRun } from '../../schema/ledger/runs.ts';
import { isOverdueUnnoticed, judgePunctuality } from '../../schema/ledger/slos.ts';
import { standingSubscriptions } from '../../schema/ledger/subscriptions.ts';
import { headId, lockHead, supergraphSdl } from '../../schema/ledger/supergraphs.ts';
import { traceparentWithin } from '../../schema/telemetry/run-trace.ts';
import type { StageDetail } from './activities.ts';
import { outputRelation, type PlannedOutput, type RefreshPlan } from './plan.ts';
import { rowsToldOf } from './rows-told.ts';
import type { RefreshDeps, StageWork } from './stage.ts';

/**
 * Makes the run's tables the product's live version: tables moved, version stored, pointer moved, a pending revision made live
 * and its graph composed, run succeeded, event told, all in one transaction. Refuses with DOES_NOT_COMPOSE, CONSUMER_BROKEN,
 * PRODUCT_RETIRED or RUN_SUPERSEDED; then nothing has changed.
 */
export async function publish(deps: RefreshDeps, { plan, client, end }: StageWork): Promise<StageDetail> {
  // Before the head is locked: nobody else writes to them.
  const counts = await rowsOfOutputs(client, plan);
  return transaction(client, async (trx) => {
    const already = await datasetOfRun(trx, plan.run.id);
    if (already !== null) return end(trx, { version: already.version });
    await lockHead(trx);
    const version = await nextVersion(trx, plan.product.id);
    const isPending = await judgeRevision(trx, plan);
    await noticeLate(trx, plan.product.id);
    await judgeKept(trx, plan, version);
    const tables = await moveTables(trx, plan, version, counts);
    const waited = isPending ? (await waiting(trx)).filter((id) => id !== plan.product.id) : [];
    if (isPending) await serve(trx, plan);
    await addVersion(trx, {
      productId: plan.product.id,
      version,
      revision: plan.run.revision,
      runId: plan.run.id,
      tables,
    });
    await judgePunctuality(trx, plan.product);
    await succeedRun(trx, plan.run.id, version);
    await requestWaiting(deps, trx, plan.run, waited);
    return end(trx, { version, rows: Object.values(tables).reduce((sum, { rows }) => sum + rows, 0) });
  });
}

/** Rows of each output table, as the audit counted them; of none where the run has published them already. */
async function rowsOfOutputs(db: Queryable, plan: RefreshPlan): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  if ((await datasetOfRun(db, plan.run.id)) !== null) return counts;
  const audited = (await stagesOf(db, plan.run.id)).find(({ stage }) => stage === 'audit')?.detail ?? {};
  for (const output of plan.outputs)
    counts.set(output.object.name, rowsToldOf(audited, 'rows', output, plan.outputs) ?? (await countRows(db, output)));
  return counts;
}

/** Of an audit by an earlier release, which told all outputs as one. */
async function countRows(db: Queryable, output: PlannedOutput): Promise<number> {
  const { rows } = await db.query<{ count: string }>(`select count(*) from ${outputRelation(output)} as output`);
  return Number(rows[0]!.count);
}

/**
 * Whether the run's revision waits for these rows, as things stand now: others may have been published since the run began. Refuses
 * where the rows no longer have the shape of what is live.
 */
async function judgeRevision(trx: Transaction, { product: { id, dataDigest }, run }: RefreshPlan): Promise<boolean> {
  const row = await product(trx, id);
  if (row === null || row.retiredAt !== null)
    throw new Refusal('PRODUCT_RETIRED', `Product ${id} was retired while its run was under way.`);
  const pending = await revisionIn(trx, id, 'pending');
  if (pending?.revision === run.revision) return true;
  const live = await revisionIn(trx, id, 'live');
  if (live !== null && live.dataDigest === dataDigest) return false;
  throw new Refusal(
    'RUN_SUPERSEDED',
    `The run made data for revision ${run.revision} of ${id}, which a newer revision of another shape has replaced; a new run follows.`,
  );
}

/** That the data was late which this run replaces, where no timer could tell. */
export async function noticeLate(trx: Transaction, id: ProductId): Promise<void> {
  if (!(await isOverdueUnnoticed(trx, id))) return;
  const live = await revisionIn(trx, id, 'live');
  if (live !== null) await judgePunctuality(trx, productOf(live));
}

/** Rows that were merged into a version are of the next one alone: refuses where another went live, or came to be, meanwhile. */
async function judgeKept(trx: Transaction, { landings, product, run }: RefreshPlan, version: number): Promise<void> {
  if (landings.every(({ kept }) => kept === null)) return;
  const live = await liveDataset(trx, product.id);
  for (const { kept } of landings)
    if (kept !== null && (kept.version !== version || (kept.base !== null && kept.base.version !== live?.version)))
      throw new Refusal(
        'RUN_SUPERSEDED',
        `Run ${run.id} made version ${kept.version} of ${product.id} from version ${kept.base?.version ?? 'none'}, which is not the live one any more; refresh again.`,
      );
}

/** What was pending is live with its first data, and with it what waited for nothing else. */
async function serve(trx: Transaction, { product, run }: RefreshPlan): Promise<void> {
  const served = await headId(trx);
  const hindered = await hindrances(trx, product);
  const went =
    hindered.length > 0
      ? null
      : await goLive(trx, { ready: [product.id], cause: `first data of ${product.id} revision ${run.revision}` });
  if (went?.promotion.promoted === true)
    return requireUnbroken(trx, { product, run }, { before: served, after: went.promotion.supergraph });
  const findings = went?.promotion.promoted === false ? went.promotion.findings : hindered;
  throw new Refusal(
    'DOES_NOT_COMPOSE',
    `With revision ${run.revision} of ${product.id} the graph would no longer compose: ${findings.map(({ message }) => message).join(' ')}`,
    { findings },
  );
}

/** Consumers may have registered operations since the revision was published: none of them may break now. */
async function requireUnbroken(
  trx: Transaction,
  { product, run }: Pick<RefreshPlan, 'product' | 'run'>,
  { before, after }: { readonly before: number | null; readonly after: number },
): Promise<void> {
  if (before === after) return;
  const findings = await brokenFindings(await standingSubscriptions(trx), {
    before: () => supergraphSdl(trx, before),
    after: (await supergraphSdl(trx, after))!,
  });
  if (findings.length === 0) return;
  throw new Refusal(
    'CONSUMER_BROKEN',
    `Revision ${run.revision} of ${product.id} cannot go live: ${findings.map(({ message }) => message).join(' ')} Publish it so that they go on, or agree with those who registered them.`,
    { findings },
  );
}

/** Asks for the runs of those that could not have run before, and can now that the product is live. */
async function requestWaiting(
  deps: RefreshDeps,
  trx: Transaction,
  cause: RunRow,
  waited: readonly ProductId[],
): Promise<void> {
  if (waited.length === 0) return;
  const isReady = await readyToRun(trx);
  const asked = { trigger: 'upstream', requestedBy: 'weft', traceparent: traceparentWithin(cause) } as const;
  for (const productId of waited.filter(isReady))
    await requestRun(trx, { runId: deps.newRunId(), productId, ...asked });
}

/** What is pending and could not run as things stand. */
async function waiting(trx: Transaction): Promise<ProductId[]> {
  const isReady = await readyToRun(trx);
  return (await pendingRevisions(trx)).map(({ productId }) => productId).filter((id) => !isReady(id));
}

/** Moves the output tables into the domain's schema, under the version's number. No reader knows them yet, so nobody waits. */
async function moveTables(
  trx: Transaction,
  plan: RefreshPlan,
  version: number,
  counts: ReadonlyMap<string, number>,
): Promise<Record<string, DatasetTable>> {
  const domain = domainSchema(plan.product.domain);
  await trx.query(`create schema if not exists ${quoted(domain)}`);
  await trx.query(`grant usage on schema ${quoted(domain)} to ${quoted(READER)}`);
  const tables: Record<string, DatasetTable> = {};
  for (const { object, table, schema, asOf } of plan.outputs) {
    const isNew = schema === plan.schema;
    const name = isNew ? await freeName(trx, domain, object.table, version, table) : table;
    if (isNew) {
      await trx.query(`alter table ${quoted(plan.schema, table)} set schema ${quoted(domain)}`);
      if (name !== table) await trx.query(`alter table ${quoted(domain, table)} rename to ${quoted(name)}`);
      await trx.query(`grant select on ${quoted(domain, name)} to ${quoted(READER)}`);
    }
    tables[object.name] = {
      table: name,
      ...(isNew || schema === domain ? {} : { schema }),
      ...(asOf === null ? {} : { asOf }),
      rows: counts.get(object.name) ?? 0,
    };
  }
  await moveKept(trx, plan, domain, tables);
  return tables;
}

/** Kept tables that the run made stay: those that are no output move too, and the ledger knows where all of them are. */
async function moveKept(
  trx: Transaction,
  plan: RefreshPlan,
  domain: SqlName,
  tables: Readonly<Record<string, DatasetTable>>,
): Promise<void> {
  for (const { kept, straight } of plan.landings) {
    if (kept === null || kept.schema !== plan.schema) continue;
    const published = straight === null ? undefined : tables[straight.name];
    if (published === undefined)
      await trx.query(`alter table ${quoted(plan.schema, kept.table)} set schema ${quoted(domain)}`);
    await moveKeptTable(trx, plan.run.id, {
      name: kept.name,
      schema: domain,
      table: published?.table ?? kept.table,
    });
  }
}

/** `flights__42`; the run's own name for it where another product had a table of that name before. */
async function freeName(
  trx: Transaction,
  schema: SqlName,
  base: SqlName,
  version: number,
  otherwise: SqlName,
): Promise<SqlName> {
  const name = ownName(base, String(version));
  const { rows } = await trx.query<{ taken: boolean }>('select to_regclass($1) is not null as taken', [
    quoted(schema, name),
  ]);
  return rows[0]!.taken ? otherwise : name;
}
