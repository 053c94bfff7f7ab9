import { Kind, parse, print, type ValueNode, visit } from 'graphql';

const VALUE: ValueNode = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: '_' } };

/** A document whose values, wherever one is written, are `$_`, and whose comments are gone: what may be told of it to others. */
export function withoutValues(query: string): string {
  const hidden = visit(parse(query, { noLocation: true }), {
    Argument: (node) => (node.value.kind === Kind.VARIABLE ? undefined : { ...node, value: VALUE }),
    VariableDefinition: {
      leave: ({ defaultValue: _hidden, ...node }) => node,
    },
  });
  return print(hidden);
}
