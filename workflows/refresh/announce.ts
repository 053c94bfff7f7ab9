import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { tableIndexes } from '../../schema/contract/tables.ts';
import { quoted, type SqlName } from '../../schema/ids.ts';
import type { Queryable } from '../../schema/ledger/connect.ts';
import { type DatasetVersion, expiredVersions, liveDataset, markDropped } from '../../schema/ledger/datasets.ts';
import { domainSchema, READER } from '../../schema/ledger/roles.ts';
import { requestDueRun } from '../../schema/ledger/runs.ts';
import type { StageDetail } from './activities.ts';
import { inputProducts, type RefreshPlan } from './plan.ts';
import { inTransaction, type RefreshDeps, type StageWork } from './stage.ts';

/** Full versions that are kept for rollback, the live one among them. */
const VERSIONS_KEPT = 3;
/** An operation that pinned a version has ended by then: the gateway's limit on one is far shorter. */
const GRACE_SECONDS = 600;
/** How long one attempt waits behind readers, and how often it is tried: a lock that waits holds up new readers too. */
const LOCK_TIMEOUT_MS = 200;
const LOCK_ATTEMPTS = 20;
const LOCK_PAUSE_MS = 500;

const LOCK_NOT_AVAILABLE = '55P03';

/** After the commit: the first version is indexed, views follow the live version, old versions and the run's schema go, a run that is due is asked for. */
export async function announce(deps: RefreshDeps, { plan, client, signal, end }: StageWork): Promise<StageDetail> {
  const live = await liveDataset(client, plan.product.id);
  if (live?.version === 1) await indexFirst(client, plan, live);
  const views = live === null ? true : await moveViews(client, plan, live, signal);
  const dropped = await dropExpired(client, plan, signal);
  const { products: inputs } = await inputProducts(deps.pool, plan.product);
  return inTransaction(client, async (trx) => {
    await dropRunSchema(trx, plan.schema);
    const due = await requestDueRun(trx, { runId: deps.newRunId(), ended: plan.run.id, inputs });
    return end(trx, {
      versionsDropped: dropped,
      ...(views ? {} : { views: 'not moved: readers held them' }),
      ...(due === null ? {} : { nextRun: due.runId }),
    });
  });
}

/** Indexes the first version by what relationships read by; later ones were indexed when they were sealed. Locks no reader out. */
async function indexFirst(client: pg.Client, plan: RefreshPlan, { tables }: DatasetVersion): Promise<void> {
  await client.query(`set maintenance_work_mem = '256MB'`);
  const schema = domainSchema(plan.product.domain);
  for (const { object } of plan.outputs) {
    const table = tables[object.name]?.table;
    if (table === undefined) continue;
    for (const statement of tableIndexes(object, { schema, table })) await client.query(statement);
  }
}

/** Drops what a run made and did not publish. Published tables were moved out of its schema, so none of them can go. */
export async function dropRunSchema(db: Queryable, schema: SqlName): Promise<void> {
  await db.query(`drop schema if exists ${quoted(schema)} cascade`);
}

/** Points `<domain>.<table>` at the live version. False where readers held the old views all the while: they stay as they were. */
async function moveViews(
  client: pg.Client,
  plan: RefreshPlan,
  live: DatasetVersion,
  signal: AbortSignal,
): Promise<boolean> {
  const domain = domainSchema(plan.product.domain);
  for (const { object } of plan.outputs) {
    const target = live.tables[object.name];
    if (target === undefined) continue;
    const view = quoted(domain, object.table);
    const moved = await patiently(client, signal, async () => {
      // Another kind of thing of that name is not ours to drop.
      await client.query(`drop view if exists ${view}`);
      await client.query(`create view ${view} as select * from ${quoted(domain, target.table)}`);
      await client.query(`grant select on ${view} to ${quoted(READER)}`);
    });
    if (!moved) return false;
  }
  return true;
}

async function dropExpired(client: pg.Client, plan: RefreshPlan, signal: AbortSignal): Promise<number> {
  const expired = await expiredVersions(client, plan.product.id, { keep: VERSIONS_KEPT, graceSeconds: GRACE_SECONDS });
  const domain = domainSchema(plan.product.domain);
  let dropped = 0;
  for (const { version, tables } of expired) {
    const gone = await patiently(client, signal, async (trx) => {
      for (const { table } of Object.values(tables))
        await client.query(`drop table if exists ${quoted(domain, table)}`);
      await markDropped(trx, plan.product.id, version);
    });
    if (gone) dropped += 1;
  }
  return dropped;
}

/** Takes locks without making readers queue behind us: a short wait, many times. False where it never got them. */
async function patiently(
  client: pg.Client,
  signal: AbortSignal,
  story: Parameters<typeof inTransaction<void>>[1],
): Promise<boolean> {
  for (let attempt = 1; attempt <= LOCK_ATTEMPTS; attempt++) {
    try {
      await inTransaction(client, async (trx) => {
        await trx.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
        await story(trx);
      });
      return true;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE)) throw error;
      await sleep(LOCK_PAUSE_MS, undefined, { signal });
    }
  }
  return false;
}
