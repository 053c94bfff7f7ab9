import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowIdConflictPolicy } from '@temporalio/client';
import { domainOf } from '../schema/ids.ts';
import type { RunRow } from '../schema/ledger/runs.ts';
import { ATTRIBUTES, PLATFORM_QUEUE, refreshWorkflowId, type RunRef } from './names.ts';

/**
 * Starts the workflow of a run. `started` where it runs now, also if it did before; `busy` where the workflow of the product's
 * former run has not closed yet: ask again in a moment.
 */
export async function startRefresh(client: Client, run: RunRow): Promise<'started' | 'busy'> {
  const { id: runId, productId, trigger } = run;
  const domain = domainOf(productId);
  const ref: RunRef = { runId, productId, domain, trigger };
  try {
    await client.workflow.start('refresh', {
      workflowId: refreshWorkflowId(productId),
      taskQueue: PLATFORM_QUEUE,
      args: [ref],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
      memo: { runId },
      // Activities have the same: where a queue is long, who waits for a run comes first, and each domain has its turn.
      priority: { priorityKey: run.priority, fairnessKey: domain },
      staticSummary: `Refresh of ${productId} (${trigger})`,
      staticDetails: `Run \`${runId}\` of data product **${productId}**, asked for by ${run.requestedBy}.`,
      typedSearchAttributes: [
        { key: ATTRIBUTES.domain, value: domain },
        { key: ATTRIBUTES.product, value: productId },
        { key: ATTRIBUTES.trigger, value: trigger },
      ],
    });
    return 'started';
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { memo } = await client.workflow.getHandle(refreshWorkflowId(productId)).describe();
    return memo?.['runId'] === runId ? 'started' : 'busy';
  }
}
