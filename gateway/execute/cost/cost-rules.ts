import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  isTypeDefinitionNode,
  Kind,
  valueFromASTUntyped,
} from 'graphql';
import { linkedName } from '../../../schema/composition/linked-name.ts';

/** What a supergraph says of costs, by schema coordinates: `Type`, `Type.field`, `Type.field(argument:)`. */
export interface CostRules {
  /** `@cost` of types, fields, arguments, fields of inputs, enums and scalars. */
  readonly weights: ReadonlyMap<string, number>;
  /** `@listSize` of fields. */
  readonly listSizes: ReadonlyMap<string, ListSize>;
}

/** How long the list of a field is, or the lists of fields below it. */
export interface ListSize {
  /** Where no argument says it; null where nothing does. */
  readonly assumed: number | null;
  /** Arguments that say how many are asked for; composition has checked that they are Int. */
  readonly slicing: readonly string[];
  /** Fields below whose lists are so long; none where it is the field's own. */
  readonly sized: ReadonlySet<string>;
  /** Exactly one of the slicing arguments must be given. */
  readonly requiresOne: boolean;
}

/** Reads the directives of the cost specification (Federation 2.9) from a supergraph's document, whatever they are called there. */
export function readCostRules(supergraph: DocumentNode): CostRules {
  const weights = new Map<string, number>();
  const listSizes = new Map<string, ListSize>();
  const [cost, listSize] = ['cost', 'listSize'].map((name) => linkedName(supergraph, 'cost', name));
  const note = (coordinate: string, directives: readonly ConstDirectiveNode[] = []): void => {
    for (const node of directives)
      if (node.name.value === cost) weights.set(coordinate, Number(argumentsOf(node)['weight']));
      else if (node.name.value === listSize) listSizes.set(coordinate, readListSize(argumentsOf(node)));
  };
  const noteField = (type: string, field: FieldDefinitionNode | InputValueDefinitionNode): void => {
    const coordinate = `${type}.${field.name.value}`;
    note(coordinate, field.directives);
    if (field.kind === Kind.FIELD_DEFINITION)
      for (const { name, directives } of field.arguments ?? []) note(`${coordinate}(${name.value}:)`, directives);
  };
  for (const node of supergraph.definitions) {
    if (!isTypeDefinitionNode(node)) continue;
    note(node.name.value, node.directives);
    if ('fields' in node) for (const field of node.fields ?? []) noteField(node.name.value, field);
  }
  return { weights, listSizes };
}

/** Composition has checked their types. */
function argumentsOf({ arguments: given = [] }: ConstDirectiveNode): Readonly<Record<string, unknown>> {
  return Object.fromEntries(given.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]));
}

function readListSize(given: Readonly<Record<string, unknown>>): ListSize {
  const { assumedSize, slicingArguments, sizedFields, requireOneSlicingArgument } = given as {
    assumedSize?: number | null;
    slicingArguments?: readonly string[] | null;
    sizedFields?: readonly string[] | null;
    requireOneSlicingArgument?: boolean | null;
  };
  return {
    assumed: assumedSize ?? null,
    slicing: slicingArguments ?? [],
    sized: new Set(sizedFields ?? []),
    requiresOne: requireOneSlicingArgument ?? true,
  };
}
