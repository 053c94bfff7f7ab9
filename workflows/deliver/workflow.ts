import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import { type DeliveryActivities, type DeliveryDetail, type DeliveryRef, domainQueue } from '../names.ts';

/** Brings what is live of a product to one destination, until nothing newer is live: one at a time for each. */
export async function deliver(ref: DeliveryRef): Promise<DeliveryDetail> {
  const activities = proxyActivities<DeliveryActivities>({
    taskQueue: domainQueue(ref.domain),
    startToCloseTimeout: '24h',
    // As the stages of a refresh have it.
    heartbeatTimeout: '10s',
    // A destination that is away may be so for a night.
    retry: { initialInterval: '5s', backoffCoefficient: 2, maximumInterval: '5m' },
  });
  for (;;) {
    setCurrentDetails(`Delivers the live version of **${ref.productId}** to **${ref.destination}**.`);
    const detail = await activities.deliverVersion(ref);
    const version = detail.version === null ? 'nothing was owed' : `version ${detail.version}, ${detail.rows} rows`;
    setCurrentDetails(`Delivered **${ref.productId}** to **${ref.destination}**: ${version}.`);
    if (!detail.more) return detail;
  }
}
