import type { ApolloServerOptionsWithGateway } from '@apollo/server';
import { GraphQLError } from 'graphql';
import type { OperationContext } from '../execute/context.ts';
import { operationContext } from '../execute/operation-context.ts';
import { needsStream } from '../live/needs-stream.ts';
import type { Graph } from '../serving/graph.ts';
import { type StockExecutor, stockGateway } from '../serving/stock-gateway.ts';
import { clientOf } from '../usage/client.ts';
import type { UsageMeter } from '../usage/usage-meter.ts';

type GatewayInterface = ApolloServerOptionsWithGateway<OperationContext>['gateway'];
type Executor = Awaited<ReturnType<GatewayInterface['load']>>['executor'];
type Executed = Awaited<ReturnType<NonNullable<Executor>>>;

/**
 * The gateway as Apollo Server knows it, for requests of forms that only Apollo Server takes: the schema and the executor are ours here too.
 * An admin may ask for the answer of the stock @apollo/gateway (`extensions.stock`), to hold ours against it.
 */
export function planningGateway(graph: Graph, usage: UsageMeter): GatewayInterface {
  const stock = stockGateway(graph);
  const executor: Executor = async (requestContext) => {
    const { source, request } = requestContext;
    const context = requestContext.context as OperationContext;
    // Where the graph was swapped since the request came, it is answered by the new one, and tells of that one's data.
    const { actor, reading, trace } = context;
    const serving = graph.current();
    if (serving !== context.serving)
      Object.assign(context, operationContext({ actor, serving, trace }, reading.signal, reading.watch));
    const operation = graph.operations().find(source, request.operationName ?? null, actor);
    if (operation.kind === 'compiled') trace?.asks({ ...operation, query: source });
    if (operation.kind === 'other') throw noSuchOperation(graph, source, request.operationName ?? null);
    if (operation.kind === 'refused') throw operation.refusal;
    if (operation.kind === 'subscription') throw needsStream();
    if (request.extensions?.['stock'] === true && actor.admin) {
      const execute = await stock();
      return (await execute(requestContext as Parameters<StockExecutor>[0])) as Executed;
    }
    const { variables = {}, http } = request;
    const client = clientOf(Object.fromEntries(http?.headers ?? []));
    const count = (failed: boolean): void =>
      usage.count(operation.usage(), { consumer: actor.name, client, variables }, failed);
    const answer = await operation.answer(variables, context).catch((error: unknown) => {
      count(true);
      throw error;
    });
    count(!('json' in answer) && answer.errors !== undefined);
    // Its errors are translated by Apollo Server's `formatError`.
    return ('json' in answer ? { data: JSON.parse(answer.json) as Executed['data'] } : answer) as Executed;
  };
  return {
    load: () => Promise.resolve({ executor }),
    onSchemaLoadOrUpdate: (callback) => {
      const tell = (apiSchema: ReturnType<Graph['schema']>): void =>
        callback({ apiSchema, coreSupergraphSdl: graph.current().supergraph.sdl });
      tell(graph.schema());
      return graph.onSchema(tell);
    },
    stop: () => Promise.resolve(),
  };
}

/** Apollo Server has validated it: what is left is that none, or none of that name, is there. */
function noSuchOperation(graph: Graph, source: string, name: string | null): GraphQLError {
  const [fault] = graph.operations().faults(source, name);
  return new GraphQLError(fault?.message ?? 'The operation cannot be answered here.', {
    extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } },
  });
}
