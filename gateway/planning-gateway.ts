import type { ApolloGateway } from '@apollo/gateway';
import type { OperationContext } from './execute/context.ts';
import type { Graph } from './graph.ts';

type Gateway = Pick<ApolloGateway, 'load' | 'onSchemaLoadOrUpdate' | 'stop'>;
type Executor = Awaited<ReturnType<ApolloGateway['load']>>['executor'];
type Executed = Awaited<ReturnType<Executor>>;

/**
 * The gateway as Apollo Server knows it, for requests of forms that only Apollo Server takes: what has a compiled form is answered by
 * it here too, and the rest by Apollo's planner and executor.
 */
export function planningGateway(graph: Graph): Gateway {
  const { gateway } = graph;
  const execute =
    (otherwise: Executor): Executor =>
    async (requestContext) => {
      const { source, request } = requestContext;
      const operationName = request.operationName ?? null;
      const context = requestContext.context as OperationContext;
      // One that began on another graph ends where that one is still known.
      const isCurrent = context.serving.mesh === graph.current().mesh;
      const operation = isCurrent ? graph.operations().find(source, operationName, context.actor) : null;
      if (operation?.kind !== 'compiled') return otherwise(requestContext);
      const answer = await operation.answer(request.variables ?? {}, context);
      // Its errors are translated by Apollo Server's `formatError`.
      return ('json' in answer ? { data: JSON.parse(answer.json) as Executed['data'] } : answer) as Executed;
    };
  return {
    load: async (options) => {
      const loaded = await gateway.load(options);
      return { ...loaded, executor: execute(loaded.executor) };
    },
    onSchemaLoadOrUpdate: (callback) => gateway.onSchemaLoadOrUpdate(callback),
    stop: () => gateway.stop(),
  };
}
