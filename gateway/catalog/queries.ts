import type { Product, ProductKind } from '../../schema/contract/model.ts';
import { productId, runId } from '../../schema/ids.ts';
import { allKeys } from '../../schema/ledger/api-keys.ts';
import { currentId } from '../../schema/ledger/former-ids.ts';
import { run, runHistory } from '../../schema/ledger/runs.ts';
import type { RunPhase } from '../../schema/run.ts';
import { requireAdmin } from '../actor.ts';
import { dependencies } from '../../schema/contract/dependencies.ts';
import type { CatalogContext } from './context.ts';
import { governanceQueries } from './governance.ts';
import { historyQueries } from './history.ts';
import { connection, type PageArgs, pageAsk } from './page.ts';
import { ofDomain, ofProduct } from './products.ts';
import { matches } from './search.ts';

interface ProductsArgs extends PageArgs {
  readonly search?: string | null;
  readonly filter?: {
    domain?: string | null;
    status?: string | null;
    tag?: string | null;
    kind?: ProductKind | null;
  } | null;
}

interface RunsArgs extends PageArgs {
  readonly product?: string | null;
  readonly phase?: RunPhase | null;
}

/** The catalog's questions; products are those of the graph that is served now. */
export const queries = {
  ...historyQueries,

  domains: (_source: unknown, _args: unknown, { graph }: CatalogContext) =>
    [...graph.current().mesh.domains.keys()].sort().map(ofDomain),

  domain: (_source: unknown, { id }: { id: string }, { graph }: CatalogContext) => {
    const known = [...graph.current().mesh.domains.keys()].find((domain) => domain === id);
    return known === undefined ? null : ofDomain(known);
  },

  dataProducts: (_source: unknown, args: ProductsArgs, { graph }: CatalogContext) => {
    const ask = pageAsk(args, productId);
    const found = [...graph.current().mesh.products.values()]
      .filter((product) => passesFilter(product, args.filter ?? {}) && matches(product, args.search ?? ''))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const following = found.filter(({ id }) => ask.after === null || id > ask.after);
    const page = following.slice(0, ask.first).map(ofProduct);
    return { ...connection(page, ask, following.length > ask.first), totalCount: found.length };
  },

  dataProduct: async (_source: unknown, { id }: { id: string }, { graph, ledger }: CatalogContext) => {
    const named = productId(id);
    if (named === null) return null;
    const known = graph.current().mesh.products.get(named);
    const now = known === undefined ? await currentId(ledger, named) : null;
    const product = known ?? (now === null ? undefined : graph.current().mesh.products.get(now));
    return product === undefined ? null : ofProduct(product);
  },

  run: async (_source: unknown, { id }: { id: string }, context: CatalogContext) => {
    const named = runId(id);
    return named === null ? null : run(context.ledger, named);
  },

  runs: async (_source: unknown, args: RunsArgs, context: CatalogContext) => {
    const ask = pageAsk(args, runId);
    const product = args.product == null ? null : productId(args.product);
    if (args.product != null && product === null) return connection([], ask, false);
    const found = await runHistory(context.ledger, {
      productId: product,
      phase: args.phase ?? null,
      limit: ask.first + 1,
      before: ask.after,
    });
    return connection(found.slice(0, ask.first), ask, found.length > ask.first);
  },

  contextMap: (_source: unknown, _args: unknown, { graph }: CatalogContext) => dependencies(graph.current().mesh),

  ...governanceQueries,

  me: (_source: unknown, _args: unknown, { actor }: CatalogContext) => actor,

  apiKeys: (_source: unknown, _args: unknown, { actor, ledger }: CatalogContext) => {
    requireAdmin(actor);
    return allKeys(ledger);
  },
};

function passesFilter(product: Product, { domain, status, tag, kind }: NonNullable<ProductsArgs['filter']>): boolean {
  if (domain != null && product.domain !== domain) return false;
  if (status != null && product.status !== status) return false;
  if (tag != null && !product.tags.includes(tag)) return false;
  return kind == null || product.kind === kind;
}
