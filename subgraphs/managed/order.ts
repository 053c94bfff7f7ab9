import type { Property, SchemaObject } from '../../schema/contract/model.ts';
import { badInput } from './bad-input.ts';
import type { Direction, Order } from './fetch.ts';

/**
 * An `orderBy` argument -> a total order: the key's properties are added, ascending, where they are not in it, so that
 * ties have one order too. Missing values come last in both directions. A property named twice counts where it came first.
 */
export function readOrder(place: string, object: SchemaObject, orderBy: unknown): Order {
  const terms = new Map<string, { property: Property; direction: Direction }>();
  for (const item of (orderBy as readonly Readonly<Record<string, unknown>>[] | null | undefined) ?? []) {
    const [name, direction] = onlyEntry(place, item);
    const property = object.properties.find((candidate) => candidate.field === name);
    if (property === undefined) throw badInput(place, `cannot order by ${name}.`);
    if (!terms.has(property.name)) terms.set(property.name, { property, direction: direction as Direction });
  }
  for (const property of object.key)
    if (!terms.has(property.name)) terms.set(property.name, { property, direction: 'ASC' });
  return [...terms.values()];
}

/** The one entry of an object that orders by one thing: GraphQL has no order of its fields to rely on. */
export function onlyEntry(place: string, item: Readonly<Record<string, unknown>>): readonly [string, unknown] {
  const entries = Object.entries(item).filter(([, value]) => value !== null && value !== undefined);
  const [entry, another] = entries;
  if (entry === undefined || another !== undefined)
    throw badInput(place, `takes one property an item, as in [{${entry?.[0] ?? 'id'}: ASC}]; found ${entries.length}.`);
  return entry;
}
