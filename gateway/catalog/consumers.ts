import { Refusal } from '../../schema/errors.ts';
import { type ApiKey, revokeKey } from '../../schema/ledger/api-keys.ts';
import type { ProductId } from '../../schema/ids.ts';
import { endSubscription, standingSubscriptions, type Subscription } from '../../schema/ledger/subscriptions.ts';
import { type Actor, isOwner, requireAdmin, requireKnown } from '../actor.ts';
import { type MadeSubscription, type OperationText, subscribe } from '../consumers/subscribe.ts';
import { createKey, type KeyAsk } from '../keys/create-key.ts';
import type { CatalogContext } from './context.ts';
import { byId, requireProductId } from './products.ts';

interface SubscribeArgs {
  readonly product: string;
  readonly purpose?: string | null;
  readonly operations: readonly OperationText[];
}

/** Resolvers of consumers: their keys, their subscriptions, and who asks. */
export const consumers = {
  Mutation: {
    createApiKey: async (_source: unknown, ask: KeyAsk, { actor, ledger, keys }: CatalogContext) => {
      requireAdmin(actor);
      const created = await createKey(ledger, ask, actor);
      await keys.catchUp();
      return created;
    },

    revokeApiKey: async (_source: unknown, { id }: { id: string }, context: CatalogContext): Promise<ApiKey> => {
      requireAdmin(context.actor);
      const revoked = await revokeKey(context.ledger, id, context.actor.name);
      if (revoked === null) throw new Refusal('NOT_FOUND', `There is no key ${id}: \`weft key list\` has their ids.`);
      await context.keys.catchUp();
      return revoked;
    },

    subscribe: (_source: unknown, args: SubscribeArgs, context: CatalogContext): Promise<MadeSubscription> => {
      requireKnown(context.actor, 'A subscription is of a consumer, who is known by a key');
      const { purpose = null, operations } = args;
      return subscribe(context, { product: requireProductId(args.product), purpose, operations }, context.actor);
    },

    unsubscribe: (
      _source: unknown,
      { product, consumer }: { product: string; consumer?: string | null },
      { actor, ledger }: CatalogContext,
    ): Promise<boolean> => {
      requireKnown(actor, 'A subscription is of a consumer, who is known by a key');
      if (consumer != null && consumer !== actor.name) requireAdmin(actor);
      const productId = requireProductId(product);
      return endSubscription(ledger, { productId, consumer: consumer ?? actor.name, endedBy: actor.name });
    },
  },

  Me: {
    role: ({ role }: Actor) => (role === 'anonymous' ? null : role),
    subscriptions: ({ name }: Actor, _args: unknown, { ledger }: CatalogContext) =>
      standingSubscriptions(ledger, { consumer: name }),
  },

  DataProduct: {
    subscriptions: async ({ id }: { id: ProductId }, _args: unknown, { actor, loaders }: CatalogContext) => {
      const all = await loaders.subscriptions.load(id);
      return isOwner(actor, id) ? all : all.filter(({ consumer }) => consumer === actor.name);
    },
  },

  ProductSubscription: {
    product: ({ productId }: Subscription, _args: unknown, context: CatalogContext) => byId(productId, context),
    findings: (made: Subscription | MadeSubscription) => ('findings' in made ? made.findings : []),
  },
};
