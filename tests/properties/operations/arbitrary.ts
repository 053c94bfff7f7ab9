import fc from 'fast-check';
import {
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
  print,
} from 'graphql';
import type { SchemaObject } from '../../../schema/contract/model.ts';
import type { Rows } from '../oracle/rows.ts';
import { drawFrom, type Draw } from './draw.ts';
import type { Operation } from './operation.ts';
import { pruned } from './pruned.ts';
import { drawSelections, type Scope, type SelectionDrawing } from './selections.ts';
import { smaller } from './smaller.ts';

export interface OperationSource {
  readonly schema: GraphQLSchema;
  readonly objects: ReadonlyMap<string, SchemaObject>;
  /** What values are drawn from. */
  readonly rows: Rows;
}

const DEEPEST = 5;
const MOST_SELECTIONS = 24;

/** Random operations of the schema, valid but for values here and there; what shrinks has fewer parts. */
export class Operations extends fc.Arbitrary<Operation> {
  readonly #source: OperationSource;

  constructor(source: OperationSource) {
    super();
    this.#source = source;
  }

  override generate(random: fc.Random): fc.Value<Operation> {
    return new fc.Value(drawOperation(drawFrom(random), this.#source), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Operation {
    return typeof value === 'object' && value !== null && 'query' in value;
  }

  override shrink(operation: Operation): fc.Stream<fc.Value<Operation>> {
    return fc.stream(smaller(this.#source.schema, operation)).map((one) => new fc.Value(one, undefined));
  }
}

function drawOperation(draw: Draw, { schema, objects, rows }: OperationSource): Operation {
  const drawing: SelectionDrawing = {
    draw,
    objects,
    rows,
    odd: draw.percent(20),
    definitions: new Map(),
    variables: {},
    fragments: [],
    left: draw.int(1, MOST_SELECTIONS),
  };
  const depth = draw.int(2, DEEPEST);
  const types = Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__') && type.name !== 'Query',
  );
  for (let count = draw.pick([0, 0, 1, 2, 4]); count > 0; count -= 1) {
    const type = draw.pick([...types, schema.getQueryType()!, ...types.filter(({ name }) => objects.has(name))]);
    const scope: Scope = new Map();
    const definition = {
      kind: Kind.FRAGMENT_DEFINITION as const,
      name: { kind: Kind.NAME as const, value: `F${drawing.fragments.length + 1}` },
      typeCondition: { kind: Kind.NAMED_TYPE as const, name: { kind: Kind.NAME as const, value: type.name } },
      selectionSet: drawSelections(drawing, type, scope, 2),
    };
    drawing.fragments.push({ definition, scope });
  }
  const selectionSet = drawSelections(drawing, schema.getQueryType()!, new Map(), depth);
  const document: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [
      {
        kind: Kind.OPERATION_DEFINITION,
        operation: OperationTypeNode.QUERY,
        name: { kind: Kind.NAME, value: 'Q' },
        variableDefinitions: [...drawing.definitions.values()],
        selectionSet,
      },
      ...drawing.fragments.map(({ definition }) => definition),
    ],
  };
  return { query: print(pruned(document)), variables: drawing.variables };
}
