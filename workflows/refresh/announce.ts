import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { tableIndexes } from '../../schema/contract/tables.ts';
import { quoted, type SqlName } from '../../schema/ids.ts';
import { type Queryable, type Transaction, transaction } from '../../schema/ledger/connect.ts';
import {
  datasetHistory,
  type DatasetVersion,
  expiredVersions,
  liveDataset,
  relationOf,
  takeSuperseded,
} from '../../schema/ledger/datasets.ts';
import { keptTables } from '../../schema/ledger/kept-tables.ts';
import { domainSchema, READER } from '../../schema/ledger/roles.ts';
import { requestDueRun } from '../../schema/ledger/runs.ts';
import type { StageDetail } from './activities.ts';
import { confirmPosition } from '../sources/open-source.ts';
import { dropVersion } from './drop-version.ts';
import { askOf } from './extract.ts';
import type { RefreshPlan } from './plan.ts';
import type { RefreshDeps, StageWork } from './stage.ts';
import { viewsOver } from './views-over.ts';

/** Full versions that are kept for rollback, the live one among them. */
const VERSIONS_KEPT = 3;
/** An operation that pinned a version has ended by then: the gateway's limit on one is far shorter. */
const GRACE_SECONDS = 600;
/** How long one attempt waits behind readers, and how often it is tried: a lock that waits holds up new readers too. */
const LOCK_TIMEOUT_MS = 200;
const LOCK_ATTEMPTS = 20;
const LOCK_PAUSE_MS = 500;

const LOCK_NOT_AVAILABLE = '55P03';
/** A view's columns cannot become these: it has to be made anew. */
const INVALID_TABLE_DEFINITION = '42P16';
/** What people made stands in the way: something depends on it, it is no view, or it belongs to another role. */
const NOT_OURS = new Set(['2BP01', '42809', '42501']);

/**
 * After the commit: the first version is indexed, views follow the live version, those of former objects and old versions and the run's
 * schema go, a run of a newer revision is asked for. What people have made of it stays, and holds up nothing else.
 */
export async function announce(deps: RefreshDeps, { plan, client, signal, end }: StageWork): Promise<StageDetail> {
  const live = await liveDataset(client, plan.product.id);
  const { outcome } = plan.run;
  if (live?.version === 1 && outcome !== 'confirmed') await indexFirst(client, plan, live);
  const unconfirmed = await confirmSources(deps, { plan, signal });
  const views = live === null ? [] : await moveViews(client, plan, live, signal);
  const dropped = await dropExpired(client, plan, signal);
  return transaction(client, async (trx) => {
    await dropRunSchema(trx, plan.schema);
    const due = await requestDueRun(trx, { runId: deps.newRunId(), ended: plan.run.id });
    return end(trx, {
      ...(outcome === 'confirmed' ? { confirmed: plan.run.datasetVersion ?? 0 } : {}),
      versionsDropped: dropped.gone,
      ...(unconfirmed === null ? {} : { sourceNotTold: unconfirmed }),
      ...(views.length === 0 ? {} : { viewsNotMoved: views.join(', ') }),
      ...(dropped.kept.length === 0 ? {} : { versionsInUse: dropped.kept.join(', ') }),
      ...(due === null ? {} : { nextRun: due.runId }),
    });
  });
}

/** Tells sources what is published; why one was not told, which the next run does. */
async function confirmSources(deps: RefreshDeps, work: Pick<StageWork, 'plan' | 'signal'>): Promise<string | null> {
  const landings = work.plan.landings.filter(({ kept }) => kept !== null);
  if (landings.length === 0) return null;
  const kept = await keptTables(deps.pool, work.plan.run.id);
  for (const landing of landings) {
    const position = kept.find(({ name }) => name === landing.object.view)?.watermark;
    if (position == null) continue;
    try {
      await confirmPosition(askOf(deps, work, landing), position);
    } catch (error) {
      if (work.signal.aborted) throw error;
      return error instanceof Error ? error.message : String(error);
    }
  }
  return null;
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

/** Points `<domain>.<table>` at the live version, and drops the views of objects that it has no more; those that stay as they were, and why. */
export async function moveViews(
  client: pg.Client,
  plan: RefreshPlan,
  live: DatasetVersion,
  signal: AbortSignal,
): Promise<string[]> {
  const domain = domainSchema(plan.product.domain);
  const stayed: string[] = [];
  const attempt = async (view: string, story: () => Promise<unknown>): Promise<void> => {
    const outcome = await patiently(client, signal, story);
    if (outcome !== 'done') stayed.push(`${view} (${outcome})`);
  };
  for (const { object } of plan.outputs) {
    const target = live.tables[object.name];
    if (target === undefined) continue;
    const view = quoted(domain, object.table);
    await attempt(object.table, async () => {
      const columns = object.properties.map(({ column }) => column);
      await makeView(client, view, `select * from ${relationOf(plan.product.id, target, columns)} as version`);
      await client.query(`grant select on ${view} to ${quoted(READER)}`);
    });
  }
  // Those of objects that it has no more, and those in the schema of a domain that handed it over.
  const kept = (await datasetHistory(client, plan.product.id)).filter(({ droppedAt }) => droppedAt === null);
  const current = plan.outputs.map(({ object }) => object.table);
  for (const view of await viewsOver(client, plan.product.id, kept, { but: current }))
    await attempt(view, () => client.query(`drop view if exists ${view}`));
  return stayed;
}

/** In place of the one that is there, where its columns allow: then what people made of it goes on. */
async function makeView(client: pg.Client, view: string, query: string): Promise<void> {
  await client.query('savepoint making');
  try {
    await client.query(`create or replace view ${view} as ${query}`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === INVALID_TABLE_DEFINITION)) throw error;
    await client.query('rollback to savepoint making');
    await client.query(`drop view ${view}`);
    await client.query(`create view ${view} as ${query}`);
  }
}

async function dropExpired(
  client: pg.Client,
  plan: RefreshPlan,
  signal: AbortSignal,
): Promise<{ gone: number; kept: number[] }> {
  const expired = await expiredVersions(client, plan.product.id, { keep: VERSIONS_KEPT, graceSeconds: GRACE_SECONDS });
  const kept: number[] = [];
  for (const expiredVersion of expired) {
    const outcome = await patiently(client, signal, async (trx) => {
      if (!(await takeSuperseded(trx, plan.product.id, expiredVersion.version))) return;
      await dropVersion(trx, plan.product.id, expiredVersion);
    });
    if (outcome !== 'done') kept.push(expiredVersion.version);
  }
  return { gone: expired.length - kept.length, kept };
}

/** Takes locks without making readers queue behind us: a short wait, many times. Else says what it left as it was, and why. */
async function patiently(
  client: pg.Client,
  signal: AbortSignal,
  story: (trx: Transaction) => Promise<unknown>,
): Promise<'done' | 'readers held it' | 'something depends on it' | 'not a view of ours'> {
  for (let attempt = 1; attempt <= LOCK_ATTEMPTS; attempt++) {
    try {
      await transaction(client, async (trx) => {
        await trx.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
        await story(trx);
      });
      return 'done';
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      if (NOT_OURS.has(error.code ?? ''))
        return error.code === '2BP01' ? 'something depends on it' : 'not a view of ours';
      if (error.code !== LOCK_NOT_AVAILABLE) throw error;
      await sleep(LOCK_PAUSE_MS, undefined, { signal });
    }
  }
  return 'readers held it';
}
