import { AGGREGATE_PARTS } from '../graph-names.ts';
import { objectParts } from './contract-parts.ts';
import type { Place } from './draft.ts';
import { keyOwner, objectOwner, type Owner, partOwner, referenceOwner, valueOwner } from './graph-share.ts';
import type { LinkedProduct } from './linked-product.ts';

/** Where what makes the graph stands in the product's documents. */
export function ownerPlaces({
  product,
  references,
}: LinkedProduct): (owner: Owner) => (Place & { subject: string }) | null {
  const places = new Map<Owner, Place & { subject: string }>();
  for (const { name, file, path, properties, read } of objectParts(product).values()) {
    const own = { subject: name, file, path };
    for (const owner of [objectOwner(name), keyOwner(name), ...AGGREGATE_PARTS.map((part) => partOwner(name, part))])
      places.set(owner, own);
    for (const part of properties.values())
      places.set(valueOwner(name, part.name), { subject: `${name}.${part.name}`, file: part.file, path: part.path });
    for (const reference of references.filter(({ from }) => from === read)) {
      const held = reference.columns.map((pair) => pair.from.name).join('+');
      places.set(referenceOwner(reference), { subject: `${name}.${held}`, file, path });
    }
  }
  return (owner) => places.get(owner) ?? null;
}
