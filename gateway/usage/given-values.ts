import {
  getNamedType,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';

/** More are looked at in no request: a filter has some ten, a list of a thousand has the same few enum values. */
const VALUES_MAX = 1_000;

/** A type of which a value tells what it uses: by enum values, or by input fields. */
interface Shape {
  readonly kind: 'enum' | 'input';
  /** Filled when it is first asked for: types refer to one another. */
  readonly members: () => ReadonlyMap<string, Member>;
}

interface Member {
  readonly coordinate: string;
  /** Of an input field's own values; null where they tell nothing. */
  readonly shape: Shape | null;
}

/** Of an operation's variables those whose values tell what they use. */
export type GivenShapes = readonly { readonly name: string; readonly shape: Shape }[];

/** Of each schema, so that operations share them. */
const shapes = new WeakMap<GraphQLSchema, Map<GraphQLNamedType, Shape | null>>();

/** The variables of an operation that may hold enum values or input fields. */
export function givenShapes(schema: GraphQLSchema, { variableDefinitions = [] }: OperationDefinitionNode): GivenShapes {
  const known = shapes.get(schema) ?? new Map<GraphQLNamedType, Shape | null>();
  shapes.set(schema, known);
  return variableDefinitions.flatMap(({ variable, type }) => {
    let node = type;
    while (node.kind !== Kind.NAMED_TYPE) node = node.type;
    const named = schema.getType(node.name.value);
    const shape = named === undefined ? null : shapeOf(known, named);
    return shape === null ? [] : [{ name: variable.name.value, shape }];
  });
}

/** Calls `note` with the coordinate of every enum value and input field that the variables hold, as often as they do. */
export function noteGiven(
  given: GivenShapes,
  variables: Readonly<Record<string, unknown>>,
  note: (coordinate: string) => void,
): void {
  let left = VALUES_MAX;
  const walk = (value: unknown, shape: Shape): void => {
    if (value === null || value === undefined || (left -= 1) < 0) return;
    if (Array.isArray(value)) {
      for (const item of value) {
        if (left <= 0) return;
        walk(item, shape);
      }
    } else if (shape.kind === 'enum') {
      const member = typeof value === 'string' ? shape.members().get(value) : undefined;
      if (member === undefined) return;
      note(member.coordinate);
    } else if (typeof value === 'object') {
      for (const name in value) {
        const member = shape.members().get(name);
        if (member === undefined) continue;
        note(member.coordinate);
        if (member.shape !== null) walk((value as Readonly<Record<string, unknown>>)[name], member.shape);
      }
    }
  };
  for (const { name, shape } of given) if (Object.hasOwn(variables, name)) walk(variables[name], shape);
}

function shapeOf(known: Map<GraphQLNamedType, Shape | null>, type: GraphQLNamedType): Shape | null {
  const before = known.get(type);
  if (before !== undefined) return before;
  const shape = newShape(known, type);
  known.set(type, shape);
  return shape;
}

function newShape(known: Map<GraphQLNamedType, Shape | null>, type: GraphQLNamedType): Shape | null {
  let made: ReadonlyMap<string, Member> | null = null;
  if (isEnumType(type)) {
    const members = (): ReadonlyMap<string, Member> =>
      new Map(type.getValues().map(({ name }) => [name, { coordinate: `${type.name}.${name}`, shape: null }]));
    return { kind: 'enum', members: () => (made ??= members()) };
  }
  if (!isInputObjectType(type)) return null;
  const members = (): ReadonlyMap<string, Member> =>
    new Map(
      Object.values(type.getFields()).map(({ name, type: inner }: { name: string; type: GraphQLInputType }) => [
        name,
        { coordinate: `${type.name}.${name}`, shape: shapeOf(known, getNamedType(inner)) },
      ]),
    );
  return { kind: 'input', members: () => (made ??= members()) };
}
