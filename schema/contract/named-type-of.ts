import { Kind, type TypeNode } from 'graphql';

/** The named type beneath lists and non-nulls. */
export function namedTypeOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type);
}
