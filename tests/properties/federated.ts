import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway';
import { parse } from 'graphql';
import { compose } from '../../schema/compose.ts';
import { subgraphSdl } from '../../schema/contract/sdl.ts';
import { openSubgraph } from '../../subgraphs/managed/open-subgraph.ts';
import { ask, asSent, NARROW, toldOf, type Told } from './answers.ts';
import type { Operation } from './operations/operation.ts';
import type { Loaded, World } from './world.ts';

/** The domains as subgraphs of their own, behind Apollo's planner and executor. */
export interface Federation {
  /** Of a valid operation. */
  answer(operation: Operation, loaded: Loaded): Promise<Told>;
  close(): Promise<void>;
}

/** Composes the domains of the world, and answers within this process. */
export async function openFederation({ mesh, pools }: World): Promise<Federation> {
  const open = openSubgraph(pools, NARROW);
  const subgraphs = new Map([...mesh.domains.values()].map((model) => [String(model.domain), open(model)]));
  const composed = compose(
    [...mesh.domains.values()].map((model) => {
      return { name: model.domain, sdl: subgraphSdl(model), url: `http://${model.domain}.invalid` };
    }),
  );
  if (!composed.composes) throw new Error(JSON.stringify(composed.findings));
  let loaded: Loaded | null = null;
  const gateway = new ApolloGateway({
    supergraphSdl: composed.sdl,
    buildService: ({ name }): GraphQLDataSource => ({
      process: async ({ request }) => {
        const fetched = { query: request.query!, variables: request.variables ?? {} };
        const answer = await ask(subgraphs.get(name)!, fetched, loaded!);
        return JSON.parse('json' in answer ? `{"data":${answer.json}}` : JSON.stringify(answer)) as object;
      },
    }),
  });
  const { executor, schema } = await gateway.load();
  const cache = { get: async () => undefined, set: async () => undefined, delete: async () => true };
  return {
    answer: async (operation, of) => {
      loaded = of;
      const { query } = operation;
      const document = parse(query);
      const variables = asSent(operation);
      const request = { query, document, request: { query, variables }, queryHash: query, operationName: null };
      const context = { ...request, context: {}, cache, schema, overallCachePolicy: {}, metrics: {}, logger: console };
      const { data, errors: told } = await executor(context as unknown as Parameters<typeof executor>[0]);
      return toldOf(JSON.parse(JSON.stringify({ data, errors: told })) as Parameters<typeof toldOf>[0]);
    },
    close: () => gateway.stop(),
  };
}
