import type { Change } from './change.ts';
import type { Draft, Place } from './draft.ts';
import { explained } from './explained.ts';
import { graphShare, keyOwner, objectOwner, type Owner, partOwner, referenceOwner, valueOwner } from './graph-share.ts';
import { AGGREGATE_PARTS } from '../graph-names.ts';
import { objectParts } from './contract-parts.ts';
import type { LinkedProduct } from './linked-product.ts';
import { productChanges } from './product-changes.ts';
import { schemaChanges } from './schema-changes.ts';
import { subgraphChanges } from './subgraph-changes.ts';
import { change } from './weighed.ts';

/**
 * Every difference between two revisions of a product, weighed: of what its contracts say, and of what that makes of the graph. Nothing
 * in the graph changes unnamed: what no change of the contract is the reason of stands by itself. Breaking ones first.
 */
export function changes(before: LinkedProduct, after: LinkedProduct): Change[] {
  const [old, now] = [before.product, after.product];
  if (old.kind !== now.kind) {
    const message = `${now.id} was a ${old.kind} product and is a ${now.kind} one.`;
    return [change('KIND_CHANGED', { message, subject: now.id })];
  }
  const [was, is] = [withOwnReferences(before, after), withOwnReferences(after, before)];
  const drafts: Draft[] = [...schemaChanges(was, is), ...productChanges(old, now)];
  const shares = { was: graphShare(was), is: graphShare(is) };
  const graph = subgraphChanges(shares.was.sdl, shares.is.sdl);
  return weightiestFirst(
    explained(drafts, graph, { ...shares, isDerived: now.kind !== 'remote', placeOf: placesIn(is) }),
  );
}

/** Without the relationships of others that came, went or changed with their own contracts: these are changes of theirs. */
function withOwnReferences(side: LinkedProduct, other: LinkedProduct): LinkedProduct {
  const { id } = side.product;
  const references = side.references.filter(
    (reference) =>
      reference.fromProduct === id ||
      other.references.some((one) => one.from === reference.from && referenceOwner(one) === referenceOwner(reference)),
  );
  return { ...side, references };
}

/** Where what makes the graph stands in the product's documents. */
function placesIn({ product, references }: LinkedProduct): (owner: Owner) => (Place & { subject: string }) | null {
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

const ORDER = ['breaking', 'risky', 'safe'] as const;

function weightiestFirst(found: readonly Change[]): Change[] {
  return ORDER.flatMap((weight) => found.filter((one) => one.weight === weight));
}
