import type { Client } from '@temporalio/client';
import { type BackfillId, domainOf, type ProductId } from '../../schema/ids.ts';
import type { Backfill } from '../../schema/ledger/backfills.ts';
import { PRIORITIES } from '../../schema/run.ts';
import { backfillWorkflowId, type BackfillRef } from '../names.ts';
import { memoUnderWay, startWorkflow } from '../starting.ts';

/** Starts the reading of a backfill. `busy` where that of the product's former one has not closed yet: ask again in a moment. */
export async function startBackfill(client: Client, found: Backfill): Promise<'started' | 'busy'> {
  const { id: backfillId, productId, atOnce, begins, ends, step } = found;
  const domain = domainOf(productId);
  const ref: BackfillRef = { backfillId, productId, domain, atOnce };
  const isStarted = await startWorkflow(client, {
    type: 'backfill',
    workflowId: backfillWorkflowId(productId),
    ref,
    product: productId,
    trigger: 'backfill',
    memo: { backfillId },
    priority: { priorityKey: PRIORITIES.backfill, fairnessKey: domain },
    staticSummary: `Backfill of ${productId}, ${begins} to ${ends}`,
    staticDetails: `Slices of ${step}, ${atOnce} at once, asked for by ${found.requestedBy}. A refresh of **${productId}** merges them.`,
  });
  return isStarted || (await isUnderWay(client, productId, backfillId)) ? 'started' : 'busy';
}

/** Calls the reading of a backfill off, if it is under way. */
export async function cancelBackfill(client: Client, product: ProductId, id: BackfillId): Promise<void> {
  if (await isUnderWay(client, product, id)) await client.workflow.getHandle(backfillWorkflowId(product)).cancel();
}

async function isUnderWay(client: Client, product: ProductId, id: BackfillId): Promise<boolean> {
  return (await memoUnderWay(client, backfillWorkflowId(product)))?.['backfillId'] === id;
}
