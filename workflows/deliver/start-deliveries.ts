import type { Client } from '@temporalio/client';
import { domainOf } from '../../schema/ids.ts';
import { type Pool, transaction } from '../../schema/ledger/connect.ts';
import {
  beginDelivery,
  dueDeliveries,
  keepDestinations,
  unreadDestinations,
} from '../../schema/ledger/destinations.ts';
import { productOf } from '../../schema/ledger/mesh.ts';
import { revisionIn } from '../../schema/ledger/products.ts';
import { deliveryWorkflowId, type DeliveryRef } from '../names.ts';
import { startWorkflow } from '../starting.ts';
import { addressOf } from './deliver-version.ts';

/** A destination that has failed is asked again after so long, as long as no newer version is live. */
const RETRY_SECONDS = 15 * 60;

/**
 * Starts whatever delivery is due by the ledger: of new versions, of those that were gone back to, to new destinations, and of what failed a
 * while ago. One that runs for the same destination goes on, and looks for the newest by itself.
 */
export async function startDueDeliveries({ pool, client }: { pool: Pool; client: Client }): Promise<void> {
  for (const productId of await unreadDestinations(pool))
    await transaction(pool, async (trx) => {
      const live = await revisionIn(trx, productId, 'live');
      if (live === null) return;
      const destinations = productOf(live).destinations.map((one) => ({ name: one.name, address: addressOf(one) }));
      await keepDestinations(trx, { productId, revision: live.revision }, destinations);
    });
  for (const due of await dueDeliveries(pool, { retrySeconds: RETRY_SECONDS })) {
    const { productId, destination } = due;
    const ref: DeliveryRef = { productId, domain: domainOf(productId), destination };
    const isStarted = await startWorkflow(client, {
      type: 'deliver',
      workflowId: deliveryWorkflowId(ref),
      ref,
      product: productId,
      staticSummary: `Delivery of ${productId} to ${destination}`,
    });
    // One that runs may be at its end already: then it is asked for again.
    if (!isStarted) continue;
    await beginDelivery(pool, ref, due.version);
  }
}
