import {
  getNamedType,
  type GraphQLEnumType,
  type GraphQLInputObjectType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  parseType,
  type ConstValueNode,
  type GraphQLInputType,
  type ValueNode,
  type VariableDefinitionNode,
} from 'graphql';
import { DATE_UNITS, dateUnits, rowValues } from '../../../schema/contract/graph-names.ts';
import type { SchemaObject, Value } from '../../../schema/contract/model.ts';
import type { Row, Rows } from '../oracle/rows.ts';
import type { Draw } from './draw.ts';
import { drawScalar, type Leaf } from './leaves.ts';

/** A value of an input type whose parts may become variables. */
export type Input =
  | ({ readonly kind: 'leaf' } & Leaf)
  | { readonly kind: 'list'; readonly of: GraphQLInputType; readonly items: readonly Input[] }
  | {
      readonly kind: 'object';
      readonly fields: readonly (readonly [name: string, type: GraphQLInputType, value: Input])[];
    };

/** What an operation is drawn with, and what grows beside it. */
export interface Drawing {
  readonly draw: Draw;
  readonly objects: ReadonlyMap<string, SchemaObject>;
  readonly rows: Rows;
  /** Whether values may be drawn that are refused. */
  readonly odd: boolean;
  readonly definitions: Map<string, VariableDefinitionNode>;
  readonly variables: Record<string, unknown>;
}

/** What a value is compared with. */
interface Hint {
  readonly property: Value | null;
  readonly rows: readonly Row[];
}

const NO_HINT: Hint = { property: null, rows: [] };
const NULL: Input = { kind: 'leaf', literal: { kind: Kind.NULL }, json: null };
const DEEPEST = 3;

/** False of sums of floats that may be beyond all floats, which Postgres has no value for: none at all, whatever else is asked. */
export function isAsked(type: string, field: string): boolean {
  return field !== 'extreme' || !/(Sum|Avg)(OrderBy)?$/.test(type);
}

/** A value of a type. */
export function drawInput(drawing: Drawing, type: GraphQLInputType, hint: Hint = NO_HINT, depth = 0): Input {
  const { draw } = drawing;
  if (isNonNullType(type)) return drawPresent(drawing, type.ofType, hint, depth);
  return draw.percent(isInputObjectType(type) || isListType(type) ? 4 : drawing.odd ? 4 : 0)
    ? NULL
    : drawPresent(drawing, type, hint, depth);
}

function drawPresent(drawing: Drawing, type: GraphQLInputType, hint: Hint, depth: number): Input {
  const { draw, odd } = drawing;
  if (isListType(type)) {
    // One item may stand for a list of it.
    if (draw.percent(10))
      return drawPresent(drawing, isNonNullType(type.ofType) ? type.ofType.ofType : type.ofType, hint, depth);
    const items = Array.from({ length: draw.pick([0, 1, 1, 2, 3]) }, () =>
      drawInput(drawing, type.ofType, hint, depth),
    );
    return { kind: 'list', of: type.ofType, items };
  }
  if (isEnumType(type)) {
    const value = odd && draw.percent(3) ? 'NO_SUCH_MEMBER' : draw.pick(type.getValues()).name;
    return { kind: 'leaf', literal: { kind: Kind.ENUM, value }, json: value };
  }
  if (!isInputObjectType(type)) return { kind: 'leaf', ...drawScalar(draw, type.toString(), { ...hint, odd }) };
  if (type.name.endsWith('GroupBy')) return drawGrouping(drawing, type);
  const names = Object.entries(type.getFields())
    .filter(([name]) => isAsked(type.name, name))
    .flatMap(([name, field]) => {
      const isFilter = /Where(List)?$/.test(getNamedType(field.type).name);
      if (!isFilter || type.name.endsWith('WhereList')) return [name];
      // What is related is asked for more often than one property of many.
      return depth >= DEEPEST ? [] : ['and', 'or', 'not'].includes(name) ? [name] : [name, name, name];
    });
  const isChoice = type.name.endsWith('OrderBy') && !(odd && draw.percent(5));
  const required = names.filter((name) => isNonNullType(type.getFields()[name]!.type));
  const count = isChoice ? 1 : draw.pick([1, 1, 1, 2, 2, 0, 3]);
  const chosen = new Set([...required, ...Array.from({ length: count }, () => draw.pick(names))]);
  const object = drawing.objects.get(type.name.replace(/Where$/, ''));
  const fields = [...chosen].map((name) => {
    const field = type.getFields()[name]!.type;
    const property =
      (object === undefined ? [] : rowValues(object)).find((candidate) => candidate.field === name) ?? null;
    const below = property === null ? hint : { property, rows: drawing.rows.get(object!.type) ?? [] };
    return [name, field, drawInput(drawing, field, below, depth + 1)] as const;
  });
  return { kind: 'object', fields };
}

/** A property to group by; of days and times, which are drawn more often than the others, by what they have units of. */
function drawGrouping({ draw, odd, objects }: Drawing, type: GraphQLInputObjectType): Input {
  const { property: name, truncate } = type.getFields();
  const properties = rowValues(objects.get(type.name.replace(/GroupBy$/, ''))!);
  const members = (getNamedType(name!.type) as GraphQLEnumType).getValues().map(({ value }) => String(value));
  const moments = members.filter((field) => unitsOf(properties, field).length > 0);
  const member = draw.pick(moments.length > 0 && draw.percent(40) ? moments : members);
  const units = odd && draw.percent(10) ? DATE_UNITS : unitsOf(properties, member);
  const leaf = (value: string): Input => ({ kind: 'leaf', literal: { kind: Kind.ENUM, value }, json: value });
  const fields: [string, GraphQLInputType, Input][] = [['property', name!.type, leaf(member)]];
  if (truncate !== undefined && draw.percent(60))
    fields.push(['truncate', truncate.type, units.length === 0 ? NULL : leaf(draw.pick(units))]);
  return { kind: 'object', fields };
}

function unitsOf(properties: readonly Value[], field: string): readonly string[] {
  const property = properties.find((candidate) => candidate.field === field);
  return property === undefined ? [] : dateUnits(property);
}

/** The value as variables have it. */
export function jsonOf(input: Input): unknown {
  if (input.kind === 'leaf') return input.json;
  if (input.kind === 'list') return input.items.map(jsonOf);
  return Object.fromEntries(input.fields.map(([name, , value]) => [name, jsonOf(value)]));
}

/** The value as it stands in a document, parts of it as variables. */
export function written(drawing: Drawing, input: Input, type: GraphQLInputType): ValueNode {
  const { draw } = drawing;
  if (draw.percent(20)) return variable(drawing, input, type);
  if (input.kind === 'leaf') return input.literal;
  if (input.kind === 'list')
    return { kind: Kind.LIST, values: input.items.map((item) => written(drawing, item, input.of)) };
  return {
    kind: Kind.OBJECT,
    fields: input.fields.map(([name, field, value]) => ({
      kind: Kind.OBJECT_FIELD,
      name: { kind: Kind.NAME, value: name },
      value: written(drawing, value, field),
    })),
  };
}

/** A variable of that value: given, or by default; at times missing, null, or the one that another place has too. */
function variable(drawing: Drawing, input: Input, type: GraphQLInputType): ValueNode {
  const { draw, definitions, variables } = drawing;
  const alike = [...definitions].filter(([, { type: other }]) => other === parsedType(type.toString()));
  const use = (name: string): ValueNode => ({ kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } });
  if (alike.length > 0 && draw.percent(25)) return use(draw.pick(alike)[0]);
  const name = `v${definitions.size + 1}`;
  const isRequired = isNonNullType(type);
  const hasDefault = draw.percent(20);
  const isNull = input === NULL;
  const declared = isRequired && hasDefault ? type.ofType : isRequired || isNull || draw.percent(70) ? type : null;
  const node = parsedType(declared === null ? `${type.toString()}!` : declared.toString());
  definitions.set(name, {
    kind: Kind.VARIABLE_DEFINITION,
    variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } },
    type: node,
    ...(hasDefault && !(isNull && isRequired) ? { defaultValue: constant(input) } : {}),
  });
  const mayMiss = node.kind !== Kind.NON_NULL_TYPE || hasDefault;
  if (!(mayMiss && draw.percent(hasDefault ? 60 : 8)))
    variables[name] = draw.percent(isRequired ? 1 : 4) ? null : jsonOf(input);
  return use(name);
}

const parsedTypes = new Map<string, VariableDefinitionNode['type']>();

/** The same node for the same text. */
function parsedType(text: string): VariableDefinitionNode['type'] {
  const known = parsedTypes.get(text) ?? parseType(text, { noLocation: true });
  parsedTypes.set(text, known);
  return known;
}

function constant(input: Input): ConstValueNode {
  if (input.kind === 'leaf') return input.literal;
  if (input.kind === 'list') return { kind: Kind.LIST, values: input.items.map(constant) };
  const fields = input.fields.map(([name, , value]) => ({
    kind: Kind.OBJECT_FIELD as const,
    name: { kind: Kind.NAME as const, value: name },
    value: constant(value),
  }));
  return { kind: Kind.OBJECT, fields };
}
