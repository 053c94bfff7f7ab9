import type { GraphQLDataSource } from '@apollo/gateway';
import type { AskSubgraph, OperationContext } from './context.ts';

/** A subgraph as @apollo/gateway asks it. */
export function dataSource(ask: AskSubgraph): GraphQLDataSource<OperationContext> {
  return {
    process: ({ request, context }) => {
      const { query = '', variables, operationName } = request;
      return ask(
        {
          query,
          // The planner prints the operation first, its fragments after it.
          isQuery: /^\s*(query\b|\{)/.test(query),
          ...(variables && { variables }),
          ...(operationName && { operationName }),
        },
        // It gives the whole context where an operation is under way, and no other request comes here.
        context as OperationContext,
      );
    },
  };
}
