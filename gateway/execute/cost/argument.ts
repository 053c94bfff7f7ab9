import {
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  type ValueNode,
  valueFromAST,
} from 'graphql';
import { type Amount, sum, type Variables } from './amount.ts';
import type { CostRules } from './cost-rules.ts';

type Field = GraphQLField<unknown, unknown>;

/** What the arguments of a field cost: an input object 1, a scalar or the member of an enum nothing, where no `@cost` says otherwise. */
export function argumentsCost(rules: CostRules, coordinate: string, { args }: Field, node: FieldNode): Amount {
  return sum(
    args
      .filter(({ name }) => node.arguments?.some((given) => given.name.value === name))
      .map((argument): Amount => {
        const weight = rules.weights.get(`${coordinate}(${argument.name}:)`);
        return ofValue(argumentValue(argument, node), (value) => valueCost(rules, argument.type, value, weight));
      }),
  );
}

/** An argument's value: known now, or when the variables are. Undefined where it is not given and has no default. */
export type Value = { readonly known: unknown } | { readonly from: (variables: Variables) => unknown };

/** Reads it from a field of an operation. */
export function argumentValue({ name, type, defaultValue }: GraphQLArgument, node: FieldNode): Value {
  const given = node.arguments?.find((argument) => argument.name.value === name)?.value;
  if (given === undefined) return { known: defaultValue };
  if (!hasVariable(given)) return { known: valueFromAST(given, type) };
  if (given.kind === Kind.VARIABLE) {
    const variable = given.name.value;
    return { from: (variables) => (Object.hasOwn(variables, variable) ? variables[variable] : defaultValue) };
  }
  return { from: (variables) => valueFromAST(given, type, variables) };
}

/** An amount that a value decides on. */
export function ofValue(value: Value, amount: (value: unknown) => number): Amount {
  return 'known' in value ? amount(value.known) : (variables) => amount(value.from(variables));
}

/** Whether an argument is given, by itself or by a variable that is; null is nothing. */
export function isGiven(name: string, node: FieldNode, variables: Variables): boolean {
  const given = node.arguments?.find((argument) => argument.name.value === name)?.value;
  if (given?.kind !== Kind.VARIABLE) return given !== undefined && given.kind !== Kind.NULL;
  return own(variables, given.name.value) != null;
}

/** Not what every object has under a name like `constructor`. */
function own(of: Variables, name: string): unknown {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}

/** `given` is the weight of the argument, or of the field of an input, that has the value. */
function valueCost(rules: CostRules, type: GraphQLInputType, value: unknown, given: number | undefined): number {
  if (value === null || value === undefined) return 0;
  if (isNonNullType(type)) return valueCost(rules, type.ofType, value, given);
  if (isListType(type)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    return items.reduce<number>((total, item) => total + valueCost(rules, type.ofType, item, given), 0);
  }
  const weight = given ?? rules.weights.get(type.name);
  if (!isInputObjectType(type)) return weight ?? 0;
  return Object.values(type.getFields()).reduce((total, field) => {
    const weightOfField = rules.weights.get(`${type.name}.${field.name}`);
    return total + valueCost(rules, field.type, own(value as Variables, field.name), weightOfField);
  }, weight ?? 1);
}

function hasVariable(node: ValueNode): boolean {
  if (node.kind === Kind.LIST) return node.values.some(hasVariable);
  if (node.kind === Kind.OBJECT) return node.fields.some(({ value }) => hasVariable(value));
  return node.kind === Kind.VARIABLE;
}
