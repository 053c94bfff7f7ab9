import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { type BackfillId, domainOf, type ProductId } from '../../schema/ids.ts';
import type { Backfill } from '../../schema/ledger/backfills.ts';
import { PRIORITIES } from '../../schema/run.ts';
import { ATTRIBUTES, backfillWorkflowId, type BackfillRef, PLATFORM_QUEUE } from '../names.ts';

/** Starts the reading of a backfill. `busy` where that of the product's former one has not closed yet: ask again in a moment. */
export async function startBackfill(client: Client, found: Backfill): Promise<'started' | 'busy'> {
  const { id: backfillId, productId, atOnce, begins, ends, step } = found;
  const domain = domainOf(productId);
  const ref: BackfillRef = { backfillId, productId, domain, atOnce };
  try {
    await client.workflow.start('backfill', {
      workflowId: backfillWorkflowId(productId),
      taskQueue: PLATFORM_QUEUE,
      args: [ref],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
      memo: { backfillId },
      priority: { priorityKey: PRIORITIES.backfill, fairnessKey: domain },
      staticSummary: `Backfill of ${productId}, ${begins} to ${ends}`,
      staticDetails: `Slices of ${step}, ${atOnce} at once, asked for by ${found.requestedBy}. A refresh of **${productId}** merges them.`,
      typedSearchAttributes: [
        { key: ATTRIBUTES.domain, value: domain },
        { key: ATTRIBUTES.product, value: productId },
        { key: ATTRIBUTES.trigger, value: 'backfill' },
      ],
    });
    return 'started';
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return (await underWay(client, productId)) === backfillId ? 'started' : 'busy';
  }
}

/** Calls the reading of a backfill off, if it is under way. */
export async function cancelBackfill(client: Client, product: ProductId, id: BackfillId): Promise<void> {
  if ((await underWay(client, product)) === id) await client.workflow.getHandle(backfillWorkflowId(product)).cancel();
}

async function underWay(client: Client, product: ProductId): Promise<unknown> {
  try {
    const { memo, status } = await client.workflow.getHandle(backfillWorkflowId(product)).describe();
    return status.name === 'RUNNING' ? memo?.['backfillId'] : null;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
