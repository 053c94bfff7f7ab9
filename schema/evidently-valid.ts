import {
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  doTypesOverlap,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  getNullableType,
  type GraphQLArgument,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  isCompositeType,
  isInputObjectType,
  isInputType,
  isLeafType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
  isTypeSubTypeOf,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  typeFromAST,
  type ValueNode,
  type VariableDefinitionNode,
} from 'graphql';

/** Fields that are looked at, each as often as it is spread; the console's largest page has some hundred. */
const FIELDS_MAX = 2_000;

/** The directives that operations have, by the rules of GraphQL: on fields and fragments, once each, with one argument. */
const CONDITIONS = new Map([GraphQLSkipDirective, GraphQLIncludeDirective].map((known) => [known.name, known]));

/**
 * Whether a document is one query or mutation that breaks none of GraphQL's rules of validation, told in one walk: a fifteenth of what the
 * rules take by themselves, each of which walks on its own. False says nothing: then `validate` of graphql-js judges, and has the words.
 * What is rare (two operations, subscriptions, introspection, other directives, fields to be merged) is not evident.
 */
export function evidentlyValid(schema: GraphQLSchema, document: DocumentNode): boolean {
  const fragments = new Map<string, FragmentDefinitionNode>();
  let operation: OperationDefinitionNode | null = null;
  for (const node of document.definitions) {
    if (node.kind === Kind.OPERATION_DEFINITION && operation === null) operation = node;
    else if (node.kind === Kind.FRAGMENT_DEFINITION && !fragments.has(node.name.value))
      fragments.set(node.name.value, node);
    else return false;
    if (node.directives?.length) return false;
  }
  if (operation === null || operation.operation === OperationTypeNode.SUBSCRIPTION) return false;
  const root = schema.getRootType(operation.operation);
  const variables = variablesOf(schema, operation.variableDefinitions ?? []);
  if (root == null || variables === null) return false;
  const walk: Walk = { schema, fragments, variables, used: new Set(), spread: new Set(), within: new Set(), fields: 0 };
  return (
    isSelectionValid(walk, root, operation.selectionSet, new Map()) &&
    walk.used.size === variables.size &&
    walk.spread.size === fragments.size
  );
}

type Fields = Readonly<Record<string, GraphQLField<unknown, unknown> | undefined>>;
type Definition = GraphQLField<unknown, unknown> | typeof TYPENAME;

const TYPENAME = '__typename';

interface Variable {
  readonly type: GraphQLInputType;
  /** It has a default that is not null. */
  readonly defaults: boolean;
}

interface Walk {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: ReadonlyMap<string, Variable>;
  /** Names of variables that were met. */
  readonly used: Set<string>;
  /** Names of fragments that were met, and of those that the walk is in. */
  readonly spread: Set<string>;
  readonly within: Set<string>;
  fields: number;
}

function variablesOf(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
): ReadonlyMap<string, Variable> | null {
  const variables = new Map<string, Variable>();
  for (const { variable, type: typeNode, defaultValue, directives } of definitions) {
    const name = variable.name.value;
    const type = typeFromAST(schema, typeNode);
    if (!isInputType(type) || variables.has(name) || directives?.length) return null;
    if (defaultValue !== undefined && !isValueValid(null, type, defaultValue)) return null;
    variables.set(name, { type, defaults: defaultValue !== undefined && defaultValue.kind !== Kind.NULL });
  }
  return variables;
}

/** `answered`: by their names in the answer, the fields that are selected beside these, through fragments too. */
function isSelectionValid(
  walk: Walk,
  parent: GraphQLNamedType,
  { selections }: SelectionSetNode,
  answered: Map<string, readonly [FieldNode, Definition]>,
): boolean {
  for (const node of selections) {
    if (!areConditionsValid(walk, node.directives ?? [])) return false;
    if (node.kind === Kind.FIELD) {
      if (!isFieldValid(walk, parent, node, answered)) return false;
      continue;
    }
    const named = node.kind === Kind.FRAGMENT_SPREAD ? node.name.value : null;
    const fragment = node.kind === Kind.FRAGMENT_SPREAD ? walk.fragments.get(node.name.value) : node;
    if (fragment === undefined) return false;
    const { typeCondition } = fragment;
    const type = typeCondition === undefined ? parent : walk.schema.getType(typeCondition.name.value);
    if (!isCompositeType(type) || !isCompositeType(parent)) return false;
    if (type !== parent && !doTypesOverlap(walk.schema, type, parent)) return false;
    if (named !== null) {
      if (walk.within.has(named)) return false;
      walk.within.add(named);
      walk.spread.add(named);
    }
    if (!isSelectionValid(walk, type, fragment.selectionSet, answered)) return false;
    if (named !== null) walk.within.delete(named);
  }
  return true;
}

function isFieldValid(
  walk: Walk,
  parent: GraphQLNamedType,
  node: FieldNode,
  answered: Map<string, readonly [FieldNode, Definition]>,
): boolean {
  if ((walk.fields += 1) > FIELDS_MAX) return false;
  const definition = definitionOf(parent, node.name.value);
  if (definition === null) return false;
  const key = node.alias?.value ?? node.name.value;
  const before = answered.get(key);
  if (before !== undefined && (before[1] !== definition || !isPlain(node) || !isPlain(before[0]))) return false;
  answered.set(key, [node, definition]);
  if (definition === TYPENAME) return isPlain(node);
  if (!areArgumentsValid(walk, definition.args, node.arguments ?? [])) return false;
  const type = getNamedType(definition.type);
  if (node.selectionSet === undefined) return isLeafType(type);
  return isCompositeType(type) && isSelectionValid(walk, type, node.selectionSet, new Map());
}

function definitionOf(parent: GraphQLNamedType, name: string): Definition | null {
  if (name === TYPENAME) return TYPENAME;
  if (!isCompositeType(parent) || isUnionType(parent)) return null;
  return (parent.getFields() as Fields)[name] ?? null;
}

/** Two of one field like this are the same. */
function isPlain({ arguments: given, selectionSet }: FieldNode): boolean {
  return !given?.length && selectionSet === undefined;
}

function areConditionsValid(walk: Walk, directives: readonly DirectiveNode[]): boolean {
  return directives.every(({ name, arguments: given }, at) => {
    const known = CONDITIONS.get(name.value);
    return (
      known !== undefined &&
      directives.findIndex((other) => other.name.value === name.value) === at &&
      areArgumentsValid(walk, known.args, given ?? [])
    );
  });
}

function areArgumentsValid(
  walk: Walk,
  definitions: readonly GraphQLArgument[],
  given: readonly ArgumentNode[],
): boolean {
  for (const [at, { name, value }] of given.entries()) {
    const definition = definitions.find((known) => known.name === name.value);
    if (definition === undefined) return false;
    if (given.findIndex((other) => other.name.value === name.value) !== at) return false;
    if (!isGivenValid(walk, definition, value)) return false;
  }
  return definitions.every(
    (definition) => !isRequiredArgument(definition) || given.some(({ name }) => name.value === definition.name),
  );
}

/** Of what is given for an argument or an input field. */
function isGivenValid(
  walk: Walk | null,
  { type, defaultValue }: Pick<GraphQLArgument | GraphQLInputField, 'type' | 'defaultValue'>,
  value: ValueNode,
): boolean {
  return value.kind === Kind.VARIABLE
    ? isVariableAllowed(walk, type, defaultValue !== undefined, value.name.value)
    : isValueValid(walk, type, value);
}

/** GraphQL specification, "All Variable Usages Are Allowed". No walk: no variables. */
function isVariableAllowed(walk: Walk | null, type: GraphQLInputType, defaults: boolean, name: string): boolean {
  const variable = walk?.variables.get(name);
  if (walk == null || variable === undefined) return false;
  walk.used.add(name);
  if (!isNonNullType(type) || isNonNullType(variable.type)) return isTypeSubTypeOf(walk.schema, variable.type, type);
  return (variable.defaults || defaults) && isTypeSubTypeOf(walk.schema, variable.type, type.ofType);
}

/** GraphQL specification, "Values of Correct Type". */
function isValueValid(walk: Walk | null, type: GraphQLInputType, value: ValueNode): boolean {
  if (value.kind === Kind.NULL) return !isNonNullType(type);
  const nullable = getNullableType(type);
  if (value.kind === Kind.LIST) {
    if (!isListType(nullable)) return false;
    const of = nullable.ofType;
    return value.values.every((item) => isGivenValid(walk, { type: of, defaultValue: undefined }, item));
  }
  const named = getNamedType(type);
  if (value.kind === Kind.OBJECT) {
    if (!isInputObjectType(named) || named.isOneOf) return false;
    const fields = named.getFields() as Readonly<Record<string, GraphQLInputField | undefined>>;
    const known = new Set<string>();
    for (const { name, value: given } of value.fields) {
      const field = fields[name.value];
      if (field === undefined || known.has(name.value) || !isGivenValid(walk, field, given)) return false;
      known.add(name.value);
    }
    return Object.values(named.getFields()).every((field) => !isRequiredInputField(field) || known.has(field.name));
  }
  if (!isLeafType(named)) return false;
  try {
    return named.parseLiteral(value, undefined) !== undefined;
  } catch {
    return false;
  }
}
