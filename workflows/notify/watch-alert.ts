import { type Client, WorkflowIdConflictPolicy } from '@temporalio/client';
import { domainOf } from '../../schema/ids.ts';
import type { AlertRow } from '../../schema/ledger/alerts.ts';
import { type AlertRef, ATTRIBUTES, PLATFORM_QUEUE } from '../names.ts';

/** Has an alert watched over. Doing so twice changes nothing. */
export async function watchAlert(client: Client, { id, productId, cause }: AlertRow): Promise<void> {
  const ref: AlertRef = { alertId: id, productId };
  await client.workflow.start('alert', {
    workflowId: `alert:${id}`,
    taskQueue: PLATFORM_QUEUE,
    args: [ref],
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    staticSummary: `${productId}: ${cause}`,
    typedSearchAttributes: [
      { key: ATTRIBUTES.domain, value: domainOf(productId) },
      { key: ATTRIBUTES.product, value: productId },
    ],
  });
}
