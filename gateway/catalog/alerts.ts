import { Refusal } from '../../schema/errors.ts';
import { type ProductId, runId } from '../../schema/ids.ts';
import { acknowledgeAlert, alertById, alertHistory, type AlertRow } from '../../schema/ledger/alerts.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { requireOwner, requirePublisher } from '../actor.ts';
import type { CatalogContext } from './context.ts';
import { connection, type PageArgs, pageAsk } from './page.ts';
import { byId, requireProductId } from './products.ts';

interface AlertsArgs extends PageArgs {
  readonly product?: string | null;
  readonly ended?: boolean | null;
}

/** Resolvers of what is wrong with products. */
export const alerts = {
  Query: {
    alerts: async (_source: unknown, args: AlertsArgs, { ledger }: CatalogContext) => {
      const ask = pageAsk(args, runId);
      const found = await alertHistory(ledger, {
        products: args.product == null ? null : [requireProductId(args.product)],
        ended: args.ended ?? false,
        limit: ask.first + 1,
        before: ask.after,
      });
      return connection(found.slice(0, ask.first), ask, found.length > ask.first);
    },
  },
  Mutation: {
    acknowledgeAlert: async (_source: unknown, { id }: { id: string }, { ledger, actor }: CatalogContext) => {
      requirePublisher(actor);
      const alert = runId(id) === null ? null : await alertById(ledger, id);
      if (alert === null) throw new Refusal('NOT_FOUND', `There is no alert ${id}: \`weft alerts\` lists them.`);
      requireOwner(actor, alert.productId);
      const seen = await transaction(ledger, (trx) => acknowledgeAlert(trx, alert.id, actor.name));
      if (seen !== null) return seen;
      const now = await alertById(ledger, id);
      // Asked twice, it is seen to all the same.
      if (now?.state === 'acknowledged') return now;
      throw new Refusal('BAD_INPUT', `Alert ${id} is ${now?.state}: there is nothing to see to.`);
    },
  },
  DataProduct: {
    alerts: ({ id }: { id: ProductId }, _args: unknown, { loaders }: CatalogContext) => loaders.alerts.load(id),
  },
  Alert: {
    product: ({ productId }: AlertRow, _args: unknown, context: CatalogContext) => byId(productId, context),
    run: ({ runId: id }: AlertRow) => (id === null ? null : { id }),
    follows: ({ follows }: AlertRow, _args: unknown, { ledger }: CatalogContext) =>
      follows === null ? null : alertById(ledger, follows),
  },
};
