import { type Client, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Product } from '../schema/contract/model.ts';
import { domainOf, type ProductId } from '../schema/ids.ts';
import { ATTRIBUTES, PLATFORM_QUEUE, refreshWorkflowId } from './names.ts';

type Refresh = NonNullable<Product['sla']['refresh']>;

/** Makes Temporal's schedule of a product what its contract promises: made, changed, or taken away. Doing so twice changes nothing. */
export async function keepSchedule(client: Client, product: Product): Promise<void> {
  if (product.sla.refresh === null || product.kind !== 'managed') return dropSchedule(client, product.id);
  const scheduleId = refreshWorkflowId(product.id);
  const wanted = options(product, product.sla.refresh);
  try {
    await client.schedule.getHandle(scheduleId).update((former) => ({ ...wanted, state: former.state }));
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    await client.schedule.create({ scheduleId, ...wanted });
  }
}

/** The schedule of a product that was renamed, under its new id: paused where it was paused. Doing so twice changes nothing. */
export async function moveSchedule(client: Client, from: ProductId, product: Product): Promise<void> {
  try {
    const { state } = await client.schedule.getHandle(refreshWorkflowId(from)).describe();
    await keepSchedule(client, product);
    if (state.paused && product.sla.refresh !== null)
      await client.schedule.getHandle(refreshWorkflowId(product.id)).pause(state.note);
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    return keepSchedule(client, product);
  }
  await dropSchedule(client, from);
}

/** Takes a product's schedule away, if there is one. */
export async function dropSchedule(client: Client, product: ProductId): Promise<void> {
  try {
    await client.schedule.getHandle(refreshWorkflowId(product)).delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}

function options({ id }: Product, refresh: Refresh) {
  return {
    spec:
      refresh.kind === 'every'
        ? { intervals: [{ every: refresh.seconds * 1000 }] }
        : {
            cronExpressions: [refresh.expression],
            ...(refresh.timezone === null ? {} : { timezone: refresh.timezone }),
          },
    action: {
      type: 'startWorkflow' as const,
      workflowType: 'tick',
      workflowId: `tick:${id}`,
      taskQueue: PLATFORM_QUEUE,
      args: [{ productId: id, domain: domainOf(id) }] as [unknown],
      typedSearchAttributes: [
        { key: ATTRIBUTES.domain, value: domainOf(id) },
        { key: ATTRIBUTES.product, value: id },
        { key: ATTRIBUTES.trigger, value: 'schedule' },
      ],
    },
    policies: {
      // A tick takes a moment; one that hangs is worth no second.
      overlap: ScheduleOverlapPolicy.SKIP,
      // After a night without Temporal one refresh is wanted, not one for each hour missed.
      catchupWindow: '10m',
    },
  };
}
