import { Supergraph } from '@apollo/federation-internals';
import { getOperationAST, parse } from 'graphql';
import { openFederation as openPlans } from '../../gateway/execute/plan/federation.ts';
import { loadNativePlanner, openPlanner } from '../../gateway/execute/plan/open-planner.ts';
import type { AskSubgraph, OperationContext } from '../../gateway/execute/context.ts';
import { compose } from '../../schema/composition/compose.ts';
import { subgraphSdl } from '../../schema/contract/sdl.ts';
import { openSubgraph } from '../../subgraphs/managed/open-subgraph.ts';
import { ask, asSent, NARROW, toldOf, type Told } from './answers.ts';
import type { Operation } from './operations/operation.ts';
import type { Loaded, World } from './world.ts';

/** The domains as subgraphs of their own, behind our plans and executor. */
export interface Federation {
  /** Of a valid operation. */
  answer(operation: Operation, loaded: Loaded): Promise<Told>;
}

/** Composes the domains of the world, and answers within this process. */
export async function openFederation({ mesh, pools }: World): Promise<Federation> {
  const open = openSubgraph(pools, NARROW);
  const composed = compose(
    [...mesh.domains.values()].map((model) => {
      return { name: model.domain, sdl: subgraphSdl(model), url: `http://${model.domain}.invalid` };
    }),
  );
  if (!composed.composes) throw new Error(JSON.stringify(composed.errors));
  let loaded: Loaded | null = null;
  const asks = new Map(
    [...mesh.domains.values()].map((model): [string, AskSubgraph] => {
      const subgraph = open(model);
      return [
        model.domain,
        async ({ query, variables = {} }) => {
          const answer = await ask(subgraph, { query, variables }, loaded!);
          // As it would come over HTTP.
          return JSON.parse('json' in answer ? `{"data":${answer.json}}` : JSON.stringify(answer)) as object;
        },
      ];
    }),
  );
  const { sdl: supergraphSdl } = composed;
  const federation = openPlans({
    planner: openPlanner(await loadNativePlanner(), supergraphSdl),
    supergraphSdl,
    schema: Supergraph.build(supergraphSdl).apiSchema().toGraphQLJSSchema(),
    asks,
    events: new Map(),
  });
  return {
    answer: async (operation, of) => {
      loaded = of;
      const document = parse(operation.query);
      const allowed = { document, errors: () => [] };
      const planned = federation.plan(document, getOperationAST(document, operation.operationName)!, allowed);
      if (planned.type === 'subscription') throw new Error('Random operations are no subscriptions.');
      // Nothing else of it is read here.
      const context = { fetches: [], reading: {}, trace: null } as unknown as OperationContext;
      return toldOf(JSON.parse(JSON.stringify(await planned.answer(asSent(operation), context))));
    },
  };
}
