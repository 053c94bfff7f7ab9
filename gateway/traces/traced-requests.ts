import type { ApolloServerPlugin } from '@apollo/server';
import type { OperationContext } from '../execute/context.ts';
import { codesOf } from '../execute/shown-error.ts';

/** Ends the trace of an operation that Apollo Server answers; it began with the operation's context. */
export const tracedRequests: ApolloServerPlugin<OperationContext> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation, operationName: name, source, contextValue: { trace } }) => {
      // One that is not there is refused.
      if (operation !== undefined) trace?.asks({ type: operation.operation, name, path: null, query: source });
    },
    willSendResponse: async ({ response, contextValue: { trace, reading, remotesRead } }) => {
      if (trace === null) return;
      const errors = response.body.kind === 'single' ? response.body.singleResult.errors : undefined;
      trace.made({ kept: false, products: [...reading.productsRead, ...remotesRead].sort() });
      trace.end({
        status: response.http.status ?? 200,
        outcome: errors === undefined ? 'ok' : 'error',
        ...(errors && { codes: codesOf(errors) }),
      });
    },
  }),
};
