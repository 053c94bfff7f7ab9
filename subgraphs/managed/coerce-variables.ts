import {
  type GraphQLError,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLSchema,
  getVariableValues,
  isLeafType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql';
import type { Variables } from './slot.ts';

type Coerced =
  | { readonly coerced: Variables; readonly errors?: never }
  | { readonly errors: readonly GraphQLError[]; readonly coerced?: never };

/**
 * Coerces an operation's variables (GraphQL, 6.1.2). graphql-js does it; where all are plain scalars, which it would look up anew
 * for each request, this does the same from what it looked up once, and leaves to it whatever does not fit.
 */
export function variablesCoercion(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
): (given: Variables) => Coerced {
  const inFull = (given: Variables): Coerced => getVariableValues(schema, variableDefinitions, given);
  const plain: { name: string; type: GraphQLLeafType; isRequired: boolean }[] = [];
  for (const { variable, type: node, defaultValue } of variableDefinitions) {
    const type = typeFromAST(schema, node) as GraphQLInputType;
    const leaf = isNonNullType(type) ? type.ofType : type;
    if (defaultValue !== undefined || !isLeafType(leaf)) return inFull;
    plain.push({ name: variable.name.value, type: leaf, isRequired: isNonNullType(type) });
  }
  return (given) => {
    const coerced: Record<string, unknown> = {};
    for (const { name, type, isRequired } of plain) {
      const value = Object.hasOwn(given, name) ? given[name] : undefined;
      if (value == null) {
        if (isRequired) return inFull(given);
        if (value === null) coerced[name] = null;
        continue;
      }
      try {
        coerced[name] = type.parseValue(value);
      } catch {
        return inFull(given);
      }
    }
    return { coerced };
  };
}
