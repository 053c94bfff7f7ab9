import type { Change } from './change.ts';
import type { Draft } from './draft.ts';
import { explained } from './explained.ts';
import { graphShare, referenceOwner } from './graph-share.ts';
import { ownerPlaces } from './owner-places.ts';
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
    explained(drafts, graph, { ...shares, isDerived: now.kind !== 'remote', placeOf: ownerPlaces(is) }),
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

const ORDER = ['breaking', 'risky', 'safe'] as const;

function weightiestFirst(found: readonly Change[]): Change[] {
  return ORDER.flatMap((weight) => found.filter((one) => one.weight === weight));
}
