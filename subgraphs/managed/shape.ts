import {
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
  typeFromAST,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { Slot, type Variables } from './slot.ts';

/**
 * What of a request's variables decides how its statement reads, and what does not: which filters, orders and flags are given is
 * the shape; the values that are compared with are only bound. Requests of one shape share one compiled form.
 */
export interface Shape {
  /** The same for all variables of one shape. */
  key(variables: Variables): string;
  /** The variables with a slot in place of each value. */
  slotted(variables: Variables): Variables;
}

/** Of an operation; `dataEnums` are the enums whose members stand for values of the data, and so are only bound. */
export function shapeOf(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  dataEnums: ReadonlySet<string>,
): Shape {
  const isValue = (type: GraphQLInputType): boolean => {
    if (isNonNullType(type) || isListType(type)) return isValue(type.ofType);
    return isScalarType(type) ? type.name !== 'Boolean' : isEnumType(type) && dataEnums.has(type.name);
  };
  const keyOf = (type: GraphQLInputType, value: unknown): string => {
    if (value === undefined) return '-';
    if (value === null) return '0';
    if (isNonNullType(type)) return keyOf(type.ofType, value);
    if (isValue(type)) return '#';
    if (isListType(type)) return `[${(value as unknown[]).map((item) => keyOf(type.ofType, item)).join()}]`;
    // A flag, or the member of an enum that says how.
    if (!isInputObjectType(type)) return JSON.stringify(value);
    const parts: string[] = [];
    for (const name of Object.keys(value))
      parts.push(`${name}:${keyOf(type.getFields()[name]!.type, (value as Variables)[name])}`);
    return `{${parts.join()}}`;
  };
  const slotted = (type: GraphQLInputType, value: unknown, path: readonly (string | number)[]): unknown => {
    if (value === undefined || value === null) return value;
    if (isNonNullType(type)) return slotted(type.ofType, value, path);
    if (isValue(type)) return new Slot(path);
    if (isListType(type))
      return (value as unknown[]).map((item, index) => slotted(type.ofType, item, [...path, index]));
    if (!isInputObjectType(type)) return value;
    const fields = type.getFields();
    const entries = Object.entries(value as Variables);
    return Object.fromEntries(
      entries.map(([name, item]) => [name, slotted(fields[name]!.type, item, [...path, name])]),
    );
  };
  const types = (operation.variableDefinitions ?? []).map(({ variable, type }) => ({
    name: variable.name.value,
    type: typeFromAST(schema, type) as GraphQLInputType,
  }));
  return {
    key: (variables) => types.map(({ name, type }) => keyOf(type, given(variables, name))).join(),
    slotted: (variables) => {
      const entries = types.filter(({ name }) => Object.hasOwn(variables, name));
      return Object.fromEntries(entries.map(({ name, type }) => [name, slotted(type, variables[name], [name])]));
    },
  };
}

/** A variable's value; not what every object has under a name like `constructor`. */
function given(variables: Variables, name: string): unknown {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}
