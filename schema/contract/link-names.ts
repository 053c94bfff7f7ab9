import { claimedTypes } from './graph-names.ts';
import type { Owned, Say } from './link-finding.ts';
import type { Product } from './model.ts';
import { RESERVED_TYPES } from './names.ts';

/**
 * The objects that own their types. Types and root fields are unique in the mesh; the first product by id keeps a name, managed ones
 * before remote ones. A remote object of a type that another product owns is an extension of it, and owns nothing.
 */
export function claimNames(products: readonly Product[], say: Say): Owned[] {
  const types = new Map<string, Owned>();
  const roots = new Map<string, Owned>();
  const owned: Owned[] = [];
  const inOrder = [...products].sort((a, b) => Number(a.kind === 'remote') - Number(b.kind === 'remote'));
  for (const product of inOrder)
    for (const object of product.objects) {
      const one: Owned = { product, object };
      if (product.kind === 'remote') {
        if (types.has(object.type)) continue;
        types.set(object.type, one);
        owned.push(one);
        continue;
      }
      const at = { product, contractId: object.contractId };
      const taken = claimedTypes(object)
        .map((type) => ({ type, by: types.get(type) }))
        .find(({ type, by }) => by !== undefined || RESERVED_TYPES.has(type));
      const { oneField, listField, aggregateField } = object;
      const field = [oneField, listField, aggregateField]
        .map((name) => ({ name, by: roots.get(name) }))
        .find(({ by }) => by !== undefined);
      const twice = claimedTypes(object).find((type, index, all) => all.indexOf(type) < index);
      if (twice !== undefined) {
        say(
          at,
          'TYPE_TAKEN',
          `the type ${twice} of ${object.name} would be two: rename the property with the enum, or give it the custom property graphqlName.`,
        );
        continue;
      }
      if (taken !== undefined) {
        const owner = taken.by === undefined ? 'the platform' : `${taken.by.product.id} (${taken.by.object.name})`;
        say(
          at,
          'TYPE_TAKEN',
          `the type ${taken.type} of ${object.name} is that of ${owner} already: rename the object, or give it the custom property graphqlName.`,
        );
        continue;
      }
      if (field?.by !== undefined) {
        say(
          at,
          'FIELD_TAKEN',
          `the root field ${field.name} of ${object.name} is that of ${field.by.product.id} (${field.by.object.name}) already: rename the object, or give it the custom property graphqlName.`,
        );
        continue;
      }
      for (const type of claimedTypes(object)) types.set(type, one);
      for (const name of [oneField, listField, aggregateField]) roots.set(name, one);
      owned.push(one);
    }
  return owned.sort((a, b) => (a.product.id < b.product.id ? -1 : a.product.id > b.product.id ? 1 : 0));
}
