import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { domainOf } from '../schema/ids.ts';
import { readingBackfills } from '../schema/ledger/backfills.ts';
import { watchedAlerts } from '../schema/ledger/alerts.ts';
import { transaction } from '../schema/ledger/connect.ts';
import { liveProducts } from '../schema/ledger/mesh.ts';
import { allPauses, holdsOf, notePause, noteResumption } from '../schema/ledger/pauses.ts';
import { keepWork } from '../schema/ledger/retry.ts';
import { failRun, openRuns, run as findRun, type RunRow } from '../schema/ledger/runs.ts';
import { requestUpstreamRuns } from '../schema/ledger/upstream-runs.ts';
import { startBackfill } from './backfill/start.ts';
import { refreshWorkflowId } from './names.ts';
import { watchAlert } from './notify/watch-alert.ts';
import type { RelayDeps } from './relay.ts';
import { keepSchedule, pausedByHand } from './schedules.ts';
import { needsTimer, stirTimer } from './slo/timer.ts';
import { startRefresh } from './start-refresh.ts';

/**
 * Brings Temporal and the ledger together after either lost something: a run that the ledger calls open and Temporal does not know
 * is started; one whose workflow was terminated from outside is recorded as failed, so that the product is free again.
 */
export async function reconcileRuns({ pool, client, log, observer }: RelayDeps): Promise<void> {
  const open = await openRuns(pool);
  const held = new Set(
    (
      await holdsOf(
        pool,
        open.map(({ productId }) => domainOf(productId)),
      )
    ).map(({ domainId }) => domainId),
  );
  for (const run of open) {
    const found = await workflowOf(client, run);
    if (found === 'running') continue;
    const now = await findRun(pool, run.id);
    if (now === null || !['queued', 'running'].includes(now.phase)) continue;
    if (found === 'none') {
      if (held.has(domainOf(run.productId))) continue;
      log.warn({ run: run.id, product: run.productId }, 'an open run had no workflow: it is started');
      await startRefresh(client, now);
      continue;
    }
    log.warn(
      { run: run.id, product: run.productId, status: found.closedAs },
      'the workflow of an open run had ended: it is recorded as failed',
    );
    const message = `Its workflow ended in Temporal (${found.closedAs.toLowerCase()}) before the run did; refresh again.`;
    const isRecorded = await transaction(pool, async (trx) => {
      const failed = await failRun(trx, run.id, { code: 'INTERNAL', message, findings: [] });
      if (failed) await keepWork(trx, run.id);
      return failed;
    });
    if (isRecorded) observer.runEnded({ run: now, outcome: 'failed', code: 'INTERNAL' });
  }
}

/** Starts the reading of backfills that Temporal does not know, whatever became of the event or the workflow. */
export async function reconcileBackfills({ pool, client }: RelayDeps): Promise<void> {
  const reading = await readingBackfills(pool);
  const held = await holdsOf(
    pool,
    reading.map(({ productId }) => domainOf(productId)),
  );
  for (const found of reading)
    if (!held.some(({ domainId }) => domainId === domainOf(found.productId))) await startBackfill(client, found);
}

/** Makes every live product's schedule what its contract promises. */
export async function reconcileSchedules({ pool, client }: RelayDeps): Promise<void> {
  for (const product of await liveProducts(pool)) await keepSchedule({ client, ledger: pool }, product);
}

/** Starts the timers of products that have none: Temporal may have lost them, or a release before this one knew of none. */
export async function reconcileTimers({ pool, client }: RelayDeps): Promise<void> {
  for (const product of await liveProducts(pool)) if (needsTimer(product)) await stirTimer(client, product.id);
}

/** Watches over alerts that escalate: Temporal may have lost them. */
export async function reconcileAlerts({ pool, client }: RelayDeps): Promise<void> {
  for (const alert of await watchedAlerts(pool)) await watchAlert(client, alert);
}

/** Takes over what was done in Temporal by hand: products whose schedules were paused there are paused, or go on. */
export async function reconcilePauses({ pool, client, log }: RelayDeps): Promise<void> {
  const there = await pausedByHand(client);
  const here = new Map((await allPauses(pool)).map((pause) => [pause.productId, pause]));
  for (const [productId, reason] of there)
    if (!here.has(productId) && (await notePause(pool, { productId, reason })))
      log.info({ product: productId, reason }, 'its schedule was paused in Temporal: it is paused');
  for (const { productId, origin } of here.values())
    if (origin === 'temporal' && !there.has(productId) && (await noteResumption(pool, productId)))
      log.info({ product: productId }, 'its schedule goes on in Temporal: it is resumed');
}

/** Asks for the runs that are due because data came which they read, whatever became of the event that told of it. */
export async function reconcileUpstream({ pool, newRunId }: RelayDeps): Promise<void> {
  await transaction(pool, (trx) => requestUpstreamRuns(trx, newRunId));
}

async function workflowOf(client: Client, run: RunRow): Promise<'running' | 'none' | { closedAs: string }> {
  try {
    const { memo, status } = await client.workflow.getHandle(refreshWorkflowId(run.productId)).describe();
    // That of a former run: ours waits until it has closed.
    if (status.name === 'RUNNING') return 'running';
    return memo?.['runId'] === run.id ? { closedAs: status.name } : 'none';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'none';
    throw error;
  }
}
