import type { GraphQLDataSource } from '@apollo/gateway';
import type { ExecuteInProcess, OperationContext } from './context.ts';
import { type LogFault, shownError } from './shown-error.ts';

type Process = GraphQLDataSource<OperationContext>['process'];

/** A domain's managed subgraph, as a data source of @apollo/gateway: of each operation the one that it started with. */
export function managedSubgraph(name: string, log: LogFault): GraphQLDataSource<OperationContext> {
  return localSubgraph(async (request, { serving, reading }) => {
    const domain = serving.managed.get(name);
    if (domain === undefined) throw new Error(`A plan asks the subgraph ${name}, which its graph does not have.`);
    const answer = await domain.subgraph.execute(request, reading);
    return 'json' in answer ? { data: JSON.parse(answer.json) as Record<string, unknown> } : answer;
  }, log);
}

/** A subgraph that runs in this process, as a data source of @apollo/gateway. */
export function localSubgraph(execute: ExecuteInProcess, log: LogFault): GraphQLDataSource<OperationContext> {
  return {
    process: async ({ request, context }) => {
      const { query, variables, operationName } = request;
      const { data, errors } = await execute(
        { query: query ?? '', ...(variables && { variables }), ...(operationName && { operationName }) },
        context as OperationContext,
      );
      return {
        // Rows of this answer may be of a null prototype; the gateway only reads them.
        data: (data ?? null) as Awaited<ReturnType<Process>>['data'] & object,
        ...(errors && { errors: errors.map((error) => shownError(error, log)) }),
      };
    },
  };
}
