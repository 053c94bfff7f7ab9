import { Refusal } from '../../schema/errors.ts';
import { type ApiKey, revokeKey } from '../../schema/ledger/api-keys.ts';
import { type Actor, requireAdmin } from '../actor.ts';
import { createKey, type KeyAsk } from '../keys/create-key.ts';
import type { CatalogContext } from './context.ts';

/** Resolvers of consumers: their keys, and who asks. */
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
  },

  Me: {
    role: ({ role }: Actor) => (role === 'anonymous' ? null : role),
  },
};
