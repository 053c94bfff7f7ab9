import type { Product } from '../../schema/contract/model.ts';
import { productCoordinates } from '../../schema/contract/product-coordinates.ts';
import { Refusal } from '../../schema/errors.ts';
import { announcedRetirements } from '../../schema/ledger/announced-retirements.ts';
import { consumersOf } from '../../schema/ledger/consumers-of.ts';
import { type CoordinateUse, coordinateUses, USAGE_KEPT_DAYS } from '../../schema/ledger/usage.ts';
import { type Actor, isOwner } from '../actor.ts';
import { deprecations } from '../usage/deprecations.ts';
import type { CatalogContext } from './context.ts';
import { pageSize } from './page.ts';
import { ofProduct } from './products.ts';

interface UsageArgs {
  readonly days?: number | null;
  readonly first?: number | null;
}

interface ProductSource {
  readonly product: Product | null;
}

/** Resolvers of what is used, and by whom. */
export const usages = {
  DataProduct: {
    usageReport: ({ product }: ProductSource, args: UsageArgs, context: CatalogContext) =>
      product === null ? [] : usesOf(product, args, context, () => true),

    deprecatedInUse: ({ product }: ProductSource, args: UsageArgs, context: CatalogContext) => {
      const deprecated = deprecations(context.graph.schema());
      return product === null ? [] : usesOf(product, args, context, (coordinate) => deprecated.has(coordinate));
    },
  },

  Me: {
    retiring: async ({ name }: Actor, _args: unknown, { ledger, graph, usageDays }: CatalogContext) => {
      const { mesh } = graph.current();
      const found: ReturnType<typeof ofProduct>[] = [];
      for (const { productId } of await announcedRetirements(ledger)) {
        const product = mesh.products.get(productId);
        if (product === undefined) continue;
        const consumers = await consumersOf(ledger, { mesh, product, days: usageDays });
        if (consumers.some((consumer) => consumer.name === name)) found.push(ofProduct(product));
      }
      return found;
    },

    deprecatedInUse: (actor: Actor, args: UsageArgs, context: CatalogContext) =>
      shown(context, [...deprecations(context.graph.schema()).keys()], args, actor.name),
  },
};

/** Who uses what is told to those who own it; others see themselves. */
function usesOf(
  product: Product,
  args: UsageArgs,
  context: CatalogContext,
  isAsked: (coordinate: string) => boolean,
): Promise<object[]> {
  const { actor, graph } = context;
  const coordinates = [...productCoordinates(graph.current().mesh, product)].filter(isAsked);
  return shown(context, coordinates, args, isOwner(actor, product.id) ? undefined : actor.name);
}

async function shown(
  { ledger, graph }: CatalogContext,
  coordinates: readonly string[],
  args: UsageArgs,
  consumer: string | undefined,
): Promise<object[]> {
  const days = args.days ?? 30;
  if (days < 1 || days > USAGE_KEPT_DAYS)
    throw new Refusal('BAD_INPUT', `days must be from 1 to ${USAGE_KEPT_DAYS}; found ${days}.`);
  const limit = pageSize(args.first, 100);
  const deprecated = deprecations(graph.schema());
  if (coordinates.length === 0) return [];
  const uses = await coordinateUses(ledger, { coordinates, days, limit, ...(consumer !== undefined && { consumer }) });
  return uses.map((use: CoordinateUse) => ({
    ...use,
    lastUsed: use.lastAt,
    deprecated: deprecated.get(use.coordinate) ?? null,
  }));
}
