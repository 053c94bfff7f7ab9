import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowNotFoundError,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { domainOf, type ProductId } from '../schema/ids.ts';
import { ATTRIBUTES, PLATFORM_QUEUE } from './names.ts';

/** What is started, and what operators find it by in the Temporal Web UI. */
export interface WorkflowStart extends Pick<
  WorkflowStartOptions,
  'workflowId' | 'memo' | 'priority' | 'staticSummary' | 'staticDetails'
> {
  /** A name that workflows.ts exports. */
  readonly type: string;
  readonly ref: object;
  readonly product: ProductId;
  readonly trigger?: string;
}

/** Starts a workflow of a product; false where one of that id runs. */
export async function startWorkflow(client: Client, start: WorkflowStart): Promise<boolean> {
  const { type, ref, product, trigger, ...options } = start;
  try {
    await client.workflow.start(type, {
      ...options,
      taskQueue: PLATFORM_QUEUE,
      args: [ref],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
      typedSearchAttributes: [
        { key: ATTRIBUTES.domain, value: domainOf(product) },
        { key: ATTRIBUTES.product, value: product },
        ...(trigger === undefined ? [] : [{ key: ATTRIBUTES.trigger, value: trigger }]),
      ],
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/** The memo of the workflow of that id which runs now; null where none does. */
export async function memoUnderWay(
  client: Client,
  workflowId: string,
): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    const { memo, status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' ? (memo ?? {}) : null;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
