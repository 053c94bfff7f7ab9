import type { Client } from '@temporalio/client';
import { domainOf } from '../schema/ids.ts';
import type { RunRow } from '../schema/ledger/runs.ts';
import { refreshWorkflowId, type RunRef } from './names.ts';
import { startWorkflow } from './starting.ts';

/**
 * Starts the workflow of a run. `started` where it runs now, also if it did before; `busy` where the workflow of the product's
 * former run has not closed yet: ask again in a moment.
 */
export async function startRefresh(client: Client, run: RunRow): Promise<'started' | 'busy'> {
  const { id: runId, productId, trigger } = run;
  const domain = domainOf(productId);
  const ref: RunRef = { runId, productId, domain, trigger };
  const workflowId = refreshWorkflowId(productId);
  const isStarted = await startWorkflow(client, {
    type: 'refresh',
    workflowId,
    ref,
    product: productId,
    trigger,
    memo: { runId },
    // Activities have the same: where a queue is long, who waits for a run comes first, and each domain has its turn.
    priority: { priorityKey: run.priority, fairnessKey: domain },
    staticSummary: `Refresh of ${productId} (${trigger})`,
    staticDetails: `Run \`${runId}\` of data product **${productId}**, asked for by ${run.requestedBy}.`,
  });
  if (isStarted) return 'started';
  const { memo } = await client.workflow.getHandle(workflowId).describe();
  return memo?.['runId'] === runId ? 'started' : 'busy';
}
