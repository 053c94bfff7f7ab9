import { requireOwner, requirePublisher } from '../actor.ts';
import { publish, type PublishOutcome } from '../publishing/publish.ts';
import type { ProductFolder } from '../publishing/read-folders.ts';
import { renameProduct } from '../publishing/rename.ts';
import { announce, cancelRetirement, retire } from '../publishing/retire.ts';
import { rollback } from '../publishing/rollback.ts';
import { backfillMutations } from './backfills.ts';
import type { CatalogContext } from './context.ts';
import { governanceMutations } from './governance.ts';
import { byId, requireProductId } from './products.ts';
import { steeringMutations } from './steering.ts';

interface PublishArgs {
  readonly products: readonly ProductFolder[];
  readonly refresh?: boolean | null;
}

interface RollbackArgs {
  readonly product: string;
  readonly toRevision?: number | null;
  readonly refresh?: boolean | null;
}

/** The catalog's orders; all need the right to write. */
export const mutations = {
  publish: async (
    _source: unknown,
    { products, refresh }: PublishArgs,
    context: CatalogContext,
  ): Promise<PublishOutcome> => {
    requirePublisher(context.actor);
    const { actor, traceparent } = context;
    const ask = { folders: products, actor, refresh: refresh ?? true, dryRun: false, traceparent };
    const outcome = await publish(context, ask);
    if (outcome.kind === 'Published') await context.graph.catchUp();
    return outcome;
  },

  rollback: async (_source: unknown, args: RollbackArgs, context: CatalogContext): Promise<PublishOutcome> => {
    requirePublisher(context.actor);
    const product = requireProductId(args.product);
    requireOwner(context.actor, product);
    const { actor, traceparent } = context;
    const ask = { product, toRevision: args.toRevision ?? null, actor, refresh: args.refresh ?? true, traceparent };
    const outcome = await rollback(context, ask);
    if (outcome.kind === 'Published') await context.graph.catchUp();
    return outcome;
  },

  // It changes nothing, but reads and composes at length: not for strangers.
  check: (_source: unknown, { products }: PublishArgs, context: CatalogContext): Promise<PublishOutcome> => {
    requirePublisher(context.actor);
    return publish(context, { folders: products, actor: context.actor, refresh: false, dryRun: true });
  },

  retire: async (
    _source: unknown,
    { product, at }: { product: string; at?: string | null },
    context: CatalogContext,
  ) => {
    requirePublisher(context.actor);
    const id = requireProductId(product);
    requireOwner(context.actor, id);
    if (at != null)
      return { ...byId(id, context), retirement: await announce(context, { id, at, actor: context.actor }) };
    const retirement = await retire(context, id, context.actor);
    await context.graph.catchUp();
    return { ...byId(id, context), retirement: { ...retirement, at: new Date(), heldBy: [] } };
  },

  cancelRetirement: async (_source: unknown, { product }: { product: string }, context: CatalogContext) => {
    requirePublisher(context.actor);
    const id = requireProductId(product);
    requireOwner(context.actor, id);
    await cancelRetirement(context, id, context.actor);
    return byId(id, context);
  },

  renameProduct: async (
    _source: unknown,
    { product, to }: { product: string; to: string },
    context: CatalogContext,
  ) => {
    requirePublisher(context.actor);
    const [from, id] = [requireProductId(product), requireProductId(to)];
    requireOwner(context.actor, from, id);
    await renameProduct(context, { from, to: id, actor: context.actor });
    await context.graph.catchUp();
    return byId(id, context);
  },

  ...steeringMutations,
  ...backfillMutations,
  ...governanceMutations,
};
