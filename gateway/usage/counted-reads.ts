import type { ApolloServerPlugin } from '@apollo/server';
import { latencyMs, productsOf } from '../answers/answer.ts';
import type { OperationContext } from '../execute/context.ts';
import { failedProducts } from './failed-products.ts';
import type { ReadMeter } from './read-meter.ts';

/** Counts the reads of what Apollo Server answers. */
export function countedReads(reads: ReadMeter): ApolloServerPlugin<OperationContext> {
  return {
    requestDidStart: async () => {
      const beganMs = performance.now();
      return {
        willSendResponse: async ({ response: { body }, contextValue: context }) => {
          if (body.kind !== 'single' || context.reading.signal.aborted) return;
          const failed = failedProducts(body.singleResult.errors, context);
          const read = { products: productsOf(context), failed, ms: performance.now() - beganMs };
          reads.count(read, (id) => latencyMs(context.serving, id));
        },
      };
    },
  };
}
