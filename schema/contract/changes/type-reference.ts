import { Kind, type TypeNode } from 'graphql';

/**
 * How a type stands to the one it was: `narrower` where it has fewer values (`Int!` to `Int`), `wider` the reverse, `other` where neither
 * holds. What answers bring may become narrower, what is asked with may become wider.
 */
export type TypeShift = 'same' | 'narrower' | 'wider' | 'other';

/** Of a type reference, in nullability and lists; `named` says how the named types within stand to each other. */
export function typeShift(
  before: TypeNode,
  after: TypeNode,
  named: (before: string, after: string) => TypeShift,
): TypeShift {
  if (before.kind === Kind.NON_NULL_TYPE || after.kind === Kind.NON_NULL_TYPE) {
    const inner = typeShift(nullable(before), nullable(after), named);
    if (before.kind === after.kind) return inner;
    return joined(after.kind === Kind.NON_NULL_TYPE ? 'narrower' : 'wider', inner);
  }
  if (before.kind === Kind.LIST_TYPE && after.kind === Kind.LIST_TYPE) return typeShift(before.type, after.type, named);
  if (before.kind === Kind.NAMED_TYPE && after.kind === Kind.NAMED_TYPE)
    return before.name.value === after.name.value ? 'same' : named(before.name.value, after.name.value);
  return 'other';
}

function nullable(type: TypeNode): TypeNode {
  return type.kind === Kind.NON_NULL_TYPE ? type.type : type;
}

function joined(one: TypeShift, other: TypeShift): TypeShift {
  if (other === 'same' || one === other) return one;
  return one === 'same' ? other : 'other';
}
