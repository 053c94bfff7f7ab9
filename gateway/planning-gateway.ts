import type { ApolloGateway } from '@apollo/gateway';
import type { OperationContext } from './execute/context.ts';
import { withDefer } from './execute/deferred.ts';
import { operationContext } from './execute/operation-context.ts';
import { needsStream } from './live/needs-stream.ts';
import type { Graph } from './graph.ts';
import { clientOf } from './usage/client.ts';
import type { UsageMeter } from './usage/usage-meter.ts';

type Gateway = Pick<ApolloGateway, 'load' | 'onSchemaLoadOrUpdate' | 'stop'>;
type Executor = Awaited<ReturnType<ApolloGateway['load']>>['executor'];
type Executed = Awaited<ReturnType<Executor>>;

/**
 * The gateway as Apollo Server knows it, for requests of forms that only Apollo Server takes: the executor is ours here too. What it has
 * no operation for (none of that name) @apollo/gateway refuses.
 */
export function planningGateway(graph: Graph, usage: UsageMeter): Gateway {
  const { gateway } = graph;
  const execute =
    (otherwise: Executor): Executor =>
    async (requestContext) => {
      const { source, request } = requestContext;
      const context = requestContext.context as OperationContext;
      // Where the graph was swapped since the request came, it is answered by the new one, and tells of that one's data.
      const { actor, reading, trace } = context;
      const serving = graph.current();
      if (serving !== context.serving)
        Object.assign(context, operationContext({ actor, serving, trace }, reading.signal, reading.watch));
      const operation = graph.operations().find(source, request.operationName ?? null, actor);
      if (operation.kind === 'compiled') trace?.asks({ ...operation, query: source });
      if (operation.kind === 'other') return otherwise(requestContext);
      if (operation.kind === 'refused') throw operation.refusal;
      if (operation.kind === 'subscription') throw needsStream();
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
    load: async (options) => {
      const loaded = await gateway.load(options);
      return { ...loaded, executor: execute(loaded.executor) };
    },
    onSchemaLoadOrUpdate: (callback) =>
      gateway.onSchemaLoadOrUpdate((loaded) => callback({ ...loaded, apiSchema: withDefer(loaded.apiSchema) })),
    stop: () => gateway.stop(),
  };
}
