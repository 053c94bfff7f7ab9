import { randomUUID } from 'node:crypto';
import { Refusal } from '../../schema/errors.ts';
import { runId, type RunId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { requireProduct } from '../../schema/ledger/products.ts';
import { cancelRun, requestRun, requireRun } from '../../schema/ledger/runs.ts';
import { requireOwner, requirePublisher } from '../actor.ts';
import { publish, type PublishOutcome } from '../publishing/publish.ts';
import type { ProductFolder } from '../publishing/read-folders.ts';
import { renameProduct } from '../publishing/rename.ts';
import { announce, cancelRetirement, retire } from '../publishing/retire.ts';
import { rollback } from '../publishing/rollback.ts';
import type { CatalogContext } from './context.ts';
import { governanceMutations } from './governance.ts';
import { byId, requireProductId } from './products.ts';

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
    const ask = { folders: products, actor: context.actor, refresh: refresh ?? true, dryRun: false };
    const outcome = await publish(context, ask);
    if (outcome.kind === 'Published') await context.graph.catchUp();
    return outcome;
  },

  rollback: async (_source: unknown, args: RollbackArgs, context: CatalogContext): Promise<PublishOutcome> => {
    requirePublisher(context.actor);
    const product = requireProductId(args.product);
    requireOwner(context.actor, product);
    const ask = { product, toRevision: args.toRevision ?? null, actor: context.actor, refresh: args.refresh ?? true };
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

  refresh: async (_source: unknown, { product }: { product: string }, context: CatalogContext) => {
    requirePublisher(context.actor);
    const id = requireProductId(product);
    requireOwner(context.actor, id);
    const { runId: run, joined } = await transaction(context.ledger, async (trx) => {
      const { kind } = await requireProduct(trx, id);
      if (kind !== 'managed')
        throw new Refusal('NOT_REFRESHABLE', `${id} is a ${kind} product: its data is elsewhere, and read as it is.`);
      const ask = {
        runId: randomUUID() as RunId,
        productId: id,
        trigger: 'manual',
        requestedBy: context.actor.name,
      } as const;
      return requestRun(trx, ask);
    });
    return { run: await requireRun(context.ledger, run), joined };
  },

  cancelRun: async (_source: unknown, { id }: { id: string }, context: CatalogContext) => {
    requirePublisher(context.actor);
    const run = runId(id);
    if (run === null) throw new Refusal('NOT_FOUND', `There is no run ${id}.`);
    const before = await requireRun(context.ledger, run);
    requireOwner(context.actor, before.productId);
    const cancelled = await transaction(context.ledger, (trx) => cancelRun(trx, run));
    if (!cancelled) throw new Refusal('RUN_SUPERSEDED', `Run ${id} is ${before.phase}: there is nothing to cancel.`);
    return requireRun(context.ledger, run);
  },

  ...governanceMutations,
};
