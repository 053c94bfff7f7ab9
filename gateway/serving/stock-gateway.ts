import { ApolloGateway } from '@apollo/gateway';
import { Refusal } from '../../schema/errors.ts';
import { dataSource } from '../execute/data-source.ts';
import type { Graph } from './graph.ts';
import { loadableSupergraph } from './loadable-supergraph.ts';

/** It loads the whole supergraph at once: of more than some hundred products that takes seconds in which nobody else is answered. */
const SDL_MAX_LETTERS = 1_000_000;

type Loaded = Awaited<ReturnType<ApolloGateway['load']>>;

/** How @apollo/gateway executes an operation over what is served. */
export type StockExecutor = Loaded['executor'];

/**
 * The stock @apollo/gateway over what is served, subgraph by subgraph, to hold our own executor's answers against: opened when it is asked
 * for, and kept as long as its supergraph is served. Refuses supergraphs that are too large for it.
 */
export function stockGateway(graph: Graph): () => Promise<StockExecutor> {
  let opened: { readonly sdl: string; readonly gateway: ApolloGateway; readonly loaded: Promise<Loaded> } | null = null;
  return async () => {
    const { sdl } = graph.current().supergraph;
    if (sdl.length > SDL_MAX_LETTERS)
      throw new Refusal('BAD_INPUT', 'This graph is too large for the stock gateway to be opened beside it.');
    if (opened?.sdl !== sdl) {
      await opened?.gateway.stop();
      const gateway = new ApolloGateway({
        supergraphSdl: loadableSupergraph(sdl),
        buildService: ({ name }) => dataSource(graph.askOf(name)),
        // Its plans tell of subgraphs and keys: nothing that a header may ask for.
        __exposeQueryPlanExperimental: false,
      });
      opened = { sdl, gateway, loaded: gateway.load() };
    }
    return (await opened.loaded).executor;
  };
}
