import type { ProductId } from '../../schema/ids.ts';
import type { PublishedProduct, PublishOutcome } from '../publishing/publish.ts';
import type { CatalogContext } from './context.ts';
import { byId } from './products.ts';

/** Resolvers of what became of a publish. */
export const outcomes = {
  PublishOutcome: { __resolveType: ({ kind }: PublishOutcome) => kind },
  PublishedProduct: {
    // Null where it is not in the graph: a dry run, or the first publish's answer on a gateway that lags.
    product: ({ id }: PublishedProduct, _args: unknown, { graph }: CatalogContext) =>
      graph.current().mesh.products.has(id) ? { id, product: graph.current().mesh.products.get(id)! } : null,
    run: ({ runId }: PublishedProduct) => (runId === null ? null : { id: runId }),
  },
  Unchanged: {
    products: ({ ids }: { ids: readonly ProductId[] }, _args: unknown, context: CatalogContext) =>
      ids.map((id) => byId(id, context)),
  },
};
