import {
  type FieldNode,
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLOutputType,
  isListType,
  isObjectType,
} from 'graphql';
import { type Amount, amountFor, largest, type Variables } from './amount.ts';
import { argumentValue, isGiven, ofValue } from './argument.ts';
import type { CostRules, ListSize } from './cost-rules.ts';

/** Of lists of which nobody says how long they are: what a page of a managed product has where `first` is not given. */
const USUAL_LENGTH = 50;

type Field = GraphQLField<unknown, unknown>;

/** How many objects a field brings. */
export interface Length {
  /** 1 where it is no list. */
  readonly own: Amount;
  /** Of lists below it, by their fields' names. */
  readonly below: ReadonlyMap<string, Amount>;
  /** How many of its slicing arguments these variables give, where exactly one must be given; else null. */
  readonly slices: ((variables: Variables) => number) | null;
}

/** Of a field of an operation; `fromAbove` is what the field above it says of it. */
export function listLength(
  rules: CostRules,
  coordinate: string,
  {
    field,
    node,
    fromAbove,
  }: { readonly field: Field; readonly node: FieldNode; readonly fromAbove: Amount | undefined },
): Length {
  const isList = isListOf(field.type);
  const size = rules.listSizes.get(coordinate) ?? conventionalSize(field, isList);
  if (size === null) return { own: 1, below: new Map(), slices: null };
  const length = sliced(size, field, node);
  const ofItself = size.sized.size === 0 ? length : USUAL_LENGTH;
  return {
    own: isList ? (fromAbove ?? ofItself) : 1,
    below: new Map([...size.sized].map((name) => [name, length])),
    slices: size.requiresOne && size.slicing.length > 0 ? slicesGiven(size, field, node) : null,
  };
}

/** How many slicing arguments are given; a default counts where none is. */
function slicesGiven({ slicing }: ListSize, { args }: Field, node: FieldNode): (variables: Variables) => number {
  const values = args
    .filter(({ name, defaultValue }) => slicing.includes(name) && defaultValue != null)
    .map((argument) => argumentValue(argument, node));
  return (variables) => {
    const given = slicing.filter((name) => isGiven(name, node, variables)).length;
    if (given > 0) return given;
    const defaults = values.filter((value) => amountFor(ofValue(value, sizeSaid), variables) !== UNSAID);
    return Math.min(1, defaults.length);
  };
}

/** The largest that a slicing argument says; else what is assumed. */
function sliced({ slicing, assumed }: ListSize, { args }: Field, node: FieldNode): Amount {
  const said = args
    .filter(({ name }) => slicing.includes(name))
    .map((argument) => ofValue(argumentValue(argument, node), sizeSaid));
  const most = largest(said, UNSAID);
  const otherwise = assumed ?? USUAL_LENGTH;
  const length = (variables: Variables): number => {
    const size = amountFor(most, variables);
    return size === UNSAID ? otherwise : size;
  };
  return typeof most === 'number' ? length({}) : length;
}

const UNSAID = -1;

/** A negative number asks for nothing. */
function sizeSaid(value: unknown): number {
  return typeof value === 'number' ? Math.max(0, value) : UNSAID;
}

/**
 * Where there is no `@listSize`: lists and connections (as managed products, the catalog and Relay have them) are as long as `first` or
 * `last` asks for.
 */
function conventionalSize({ type, args }: Field, isList: boolean): ListSize | null {
  const slicing = args.filter(({ name }) => name === 'first' || name === 'last').map(({ name }) => name);
  if (isList) return { assumed: null, slicing, sized: new Set(), requiresOne: false };
  const named = getNamedType(type);
  if (slicing.length === 0 || !isObjectType(named)) return null;
  const lists = Object.values(named.getFields()).filter((field) => isListOf(field.type));
  return { assumed: null, slicing, sized: new Set(lists.map(({ name }) => name)), requiresOne: false };
}

function isListOf(type: GraphQLOutputType): boolean {
  return isListType(getNullableType(type));
}
