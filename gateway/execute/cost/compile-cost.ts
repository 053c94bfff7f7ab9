import {
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { type Amount, largest, sum, times, type Variables } from './amount.ts';
import { argumentsCost } from './argument.ts';
import type { CostRules } from './cost-rules.ts';
import { listLength } from './list-length.ts';

/** An operation's cost, as far as its variables do not decide on it. */
export interface CompiledCost {
  /** Infinite where there are more cases of types within types than are looked at. */
  readonly cost: Amount;
  /** Fields of which exactly one slicing argument must be given, with how many are. */
  readonly slices: readonly { readonly field: string; readonly given: (variables: Variables) => number }[];
}

/** An operation with what its directives depend on. */
export interface CostedOperation {
  readonly rules: CostRules;
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  /** Values of the variables that @skip and @include ask for. */
  readonly conditions: Readonly<Record<string, unknown>>;
}

/** What a mutation costs besides its fields, as in Apollo's demand control. */
const MUTATION_COST = 10;
/** Fields are looked at for each type that they may stand on, which may be exponentially many: for no longer than a tenth of a second. */
const FIELDS_MAX = 100_000;

/**
 * Compiles the estimated cost of a valid operation: each object that it may bring 1, each list as many as it may have, and of an
 * abstract type the dearest member, all as `@cost` and `@listSize` say otherwise. Fields that stand twice count once.
 */
export function compileCost(of: CostedOperation): CompiledCost {
  const { schema, operation, fragments, conditions } = of;
  const root = schema.getRootType(operation.operation)!;
  const fields = collectFields(schema, { ...fragments }, { ...conditions }, root, operation.selectionSet);
  const estimation = new Estimation(of);
  const cost = estimation.fields(root, fields, new Map());
  const base = operation.operation === OperationTypeNode.MUTATION ? MUTATION_COST : 0;
  return { cost: sum([base, cost]), slices: estimation.slices };
}

class Estimation {
  readonly slices: CompiledCost['slices'][number][] = [];
  readonly #of: CostedOperation;
  /** Costs by the fields' nodes, where they stand, and the type. */
  readonly #known = new Map<string, Amount>();
  readonly #numbers = new Map<FieldNode, number>();
  #fieldsSeen = 0;

  constructor(of: CostedOperation) {
    this.#of = of;
  }

  fields(
    type: GraphQLObjectType,
    collected: ReadonlyMap<string, readonly FieldNode[]>,
    lengths: ReadonlyMap<string, Amount>,
  ): Amount {
    return sum([...collected.values()].map((nodes) => this.#field(type, nodes, lengths)));
  }

  #field(type: GraphQLObjectType, nodes: readonly FieldNode[], lengths: ReadonlyMap<string, Amount>): Amount {
    this.#fieldsSeen += 1;
    const node = nodes[0]!;
    const name = node.name.value;
    const field = type.getFields()[name];
    // `__typename`, and what is asked of the schema itself.
    if (field === undefined) return 0;
    const { rules } = this.#of;
    const coordinate = `${type.name}.${name}`;
    const length = listLength(rules, coordinate, { field, node, fromAbove: lengths.get(name) });
    if (length.slices !== null) this.slices.push({ field: coordinate, given: length.slices });
    const own = rules.weights.get(coordinate);
    const named = getNamedType(field.type);
    const each = isCompositeType(named)
      ? this.#dearest(named, { nodes, own, lengths: length.below, place: coordinate })
      : (own ?? rules.weights.get(named.name) ?? 0);
    // Weights may be negative; no field pays for another.
    return largest([sum([times(length.own, each), argumentsCost(rules, coordinate, field, node)])], 0);
  }

  #dearest(named: GraphQLCompositeType, below: Below): Amount {
    const { schema } = this.#of;
    const members = isAbstractType(named) ? schema.getPossibleTypes(named) : [named];
    return largest(
      members.map((member) => this.#member(member, below)),
      0,
    );
  }

  #member(type: GraphQLObjectType, { nodes, own, lengths, place }: Below): Amount {
    const key = `${type.name} ${place} ${nodes.map((node) => this.#number(node)).join()}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#fieldsSeen > FIELDS_MAX) return Infinity;
    const { schema, fragments, conditions, rules } = this.#of;
    const fields = collectSubfields(schema, { ...fragments }, { ...conditions }, type, [...nodes]);
    const weight = own ?? rules.weights.get(type.name) ?? 1;
    const cost = sum([weight, this.fields(type, fields, lengths)]);
    this.#known.set(key, cost);
    return cost;
  }

  #number(node: FieldNode): number {
    const known = this.#numbers.get(node) ?? this.#numbers.size;
    this.#numbers.set(node, known);
    return known;
  }
}

/** What stands below a field: its nodes, its own weight, and what it says of lists. */
interface Below {
  readonly nodes: readonly FieldNode[];
  readonly own: number | undefined;
  readonly lengths: ReadonlyMap<string, Amount>;
  readonly place: string;
}
