import type { Client } from '@temporalio/client';
import type { AlertRow } from '../../schema/ledger/alerts.ts';
import type { AlertRef } from '../names.ts';
import { startWorkflow } from '../starting.ts';

/** Has an alert watched over. Doing so twice changes nothing. */
export async function watchAlert(client: Client, { id, productId, cause }: AlertRow): Promise<void> {
  const ref: AlertRef = { alertId: id, productId };
  await startWorkflow(client, {
    type: 'alert',
    workflowId: `alert:${id}`,
    ref,
    product: productId,
    staticSummary: `${productId}: ${cause}`,
  });
}
