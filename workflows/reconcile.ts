import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { transaction } from '../schema/ledger/connect.ts';
import { liveProducts } from '../schema/ledger/mesh.ts';
import { failRun, openRuns, run as findRun, type RunRow } from '../schema/ledger/runs.ts';
import { refreshWorkflowId } from './names.ts';
import type { RelayDeps } from './relay.ts';
import { keepSchedule } from './schedules.ts';
import { startRefresh } from './start-refresh.ts';

/**
 * Brings Temporal and the ledger together after either lost something: a run that the ledger calls open and Temporal does not know
 * is started; one whose workflow was terminated from outside is recorded as failed, so that the product is free again.
 */
export async function reconcileRuns({ pool, client, log }: RelayDeps): Promise<void> {
  for (const run of await openRuns(pool)) {
    const found = await workflowOf(client, run);
    if (found === 'running') continue;
    const now = await findRun(pool, run.id);
    if (now === null || !['queued', 'running'].includes(now.phase)) continue;
    if (found === 'none') {
      log.warn({ run: run.id, product: run.productId }, 'an open run had no workflow: it is started');
      await startRefresh(client, now);
      continue;
    }
    log.warn(
      { run: run.id, product: run.productId, status: found.closedAs },
      'the workflow of an open run had ended: it is recorded as failed',
    );
    const message = `Its workflow ended in Temporal (${found.closedAs.toLowerCase()}) before the run did; refresh again.`;
    await transaction(pool, (trx) => failRun(trx, run.id, { code: 'INTERNAL', message, findings: [] }));
  }
}

/** Makes every live product's schedule what its contract promises. */
export async function reconcileSchedules({ pool, client }: RelayDeps): Promise<void> {
  for (const product of await liveProducts(pool)) await keepSchedule(client, product);
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
