import {
  DirectiveLocation,
  type DocumentNode,
  GraphQLBoolean,
  GraphQLDirective,
  GraphQLNonNull,
  GraphQLSchema,
  GraphQLString,
  visit,
} from 'graphql';

const DEFER = 'defer';

/** The schema with `@defer`, as clients write it. */
export function withDefer(schema: GraphQLSchema): GraphQLSchema {
  if (schema.getDirective(DEFER) != null) return schema;
  const defer = new GraphQLDirective({
    name: DEFER,
    description: 'Allows that a fragment is answered later. It is answered with the rest.',
    locations: [DirectiveLocation.FRAGMENT_SPREAD, DirectiveLocation.INLINE_FRAGMENT],
    args: { if: { type: new GraphQLNonNull(GraphQLBoolean), defaultValue: true }, label: { type: GraphQLString } },
  });
  const config = schema.toConfig();
  return new GraphQLSchema({ ...config, directives: [...config.directives, defer], assumeValid: true });
}

/** The document without it: what may be answered later may be answered at once (decision 014). The same one where it has none. */
export function withoutDefer(document: DocumentNode): DocumentNode {
  return visit(document, { Directive: ({ name }) => (name.value === DEFER ? null : undefined) });
}
