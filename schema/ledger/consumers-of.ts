import type { Mesh, Product } from '../contract/model.ts';
import type { Queryable } from './connect.ts';
import type { ToldConsumer } from './events.ts';
import { standingSubscriptions } from './subscriptions.ts';
import { coordinateUses } from './usage.ts';
import { productCoordinates } from '../contract/product-coordinates.ts';

// One row for each use of a coordinate in an operation; consumers beyond would be told late of everything anyway.
const USES_MAX = 100_000;

/** Who used a product within so many days or subscribes to it, by name. `mesh`: the one that it was used in. */
export async function consumersOf(
  db: Queryable,
  { mesh, product, days }: { mesh: Mesh; product: Product; days: number },
): Promise<ToldConsumer[]> {
  const coordinates = [...productCoordinates(mesh, product)];
  const found = new Map<string, { lastUsedAt: Date | null; subscribes: boolean }>();
  for (const { consumer, lastAt } of await coordinateUses(db, { coordinates, days, limit: USES_MAX })) {
    const last = found.get(consumer)?.lastUsedAt ?? lastAt;
    found.set(consumer, { lastUsedAt: last > lastAt ? last : lastAt, subscribes: false });
  }
  for (const { consumer } of await standingSubscriptions(db, { productIds: [product.id] }))
    found.set(consumer, { lastUsedAt: found.get(consumer)?.lastUsedAt ?? null, subscribes: true });
  return [...found]
    .map(([name, { lastUsedAt, subscribes }]) => ({ name, lastUsedAt: lastUsedAt?.toISOString() ?? null, subscribes }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
