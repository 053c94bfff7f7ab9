import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Objective, Product } from '../../schema/contract/model.ts';
import { domainOf, type ProductId } from '../../schema/ids.ts';
import type { Transaction } from '../../schema/ledger/connect.ts';
import { currentId } from '../../schema/ledger/former-ids.ts';
import { productOf } from '../../schema/ledger/mesh.ts';
import { revisionIn } from '../../schema/ledger/products.ts';
import { endPromises, judgePunctuality } from '../../schema/ledger/slos.ts';
import { ATTRIBUTES, PLATFORM_QUEUE, SLO_MOVED, type SloRef, sloWorkflowId } from '../names.ts';
import type { SloDue } from '../refresh/activities.ts';

/** Has a product's timer look anew, if it has one; where it has nothing more to tell, it ends. */
export async function endTimer(client: Client, id: ProductId): Promise<void> {
  try {
    await client.workflow.getHandle(sloWorkflowId(id)).signal(SLO_MOVED);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** Has a product's timer look anew; starts it where there is none. Doing so twice changes nothing. */
export async function stirTimer(client: Client, id: ProductId): Promise<void> {
  const ref: SloRef = { productId: id, domain: domainOf(id) };
  await client.workflow.signalWithStart('slo', {
    workflowId: sloWorkflowId(id),
    taskQueue: PLATFORM_QUEUE,
    args: [ref],
    signal: SLO_MOVED,
    signalArgs: [],
    staticSummary: `When ${id} is late`,
    typedSearchAttributes: [
      { key: ATTRIBUTES.domain, value: ref.domain },
      { key: ATTRIBUTES.product, value: id },
    ],
  });
}

/** True where a product promises something that a timer tells. */
export function needsTimer({ kind, sla }: Pick<Product, 'kind' | 'sla'>): boolean {
  return kind === 'managed' && sla.objectives.some(isOfTimer);
}

function isOfTimer({ measure }: Objective): boolean {
  return measure === 'age' || measure === 'daily';
}

/** Judges a product, and when to do so again; null where its timer has nothing more to tell. */
export async function judgeSlos(trx: Transaction, given: ProductId): Promise<SloDue | null> {
  const revision = await revisionIn(trx, given, 'live');
  if (revision === null) {
    // Of one that was renamed, the promises went with it.
    if ((await currentId(trx, given)) === null) await endPromises(trx, given);
    return null;
  }
  const product = productOf(revision);
  const { dueAt, late } = await judgePunctuality(trx, product);
  if (!needsTimer(product)) return null;
  return {
    dueAt: dueAt?.toISOString() ?? null,
    late: late.map(({ property, since }) => ({ property, since: since.toISOString() })),
  };
}
