import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  print,
  separateOperations,
  stripIgnoredCharacters,
  type ValueNode,
  visit,
} from 'graphql';
import type { OperationTypeNode } from 'graphql';
import { type GivenShapes, givenShapes } from './given-values.ts';
import { operationCoordinates } from './operation-coordinates.ts';

/** An operation as usage tells it from others. */
export interface UsedOperation {
  /** Of what it asks, whatever numbers and texts stand in it. */
  readonly hash: string;
  readonly name: string | null;
  readonly type: `${OperationTypeNode}`;
  /** Those that stand in its text. */
  readonly coordinates: readonly string[];
  /** What its variables may use besides. */
  readonly given: GivenShapes;
}

/** A client names an operation as it likes. */
const NAME_MAX = 100;

/** What is recorded of a valid operation; null where it asks for nothing but the schema. */
export function usedOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): UsedOperation | null {
  const coordinates = operationCoordinates(schema, document, operation);
  if (coordinates.length === 0) return null;
  const alone = separateOperations(document)[operation.name?.value ?? ''] ?? document;
  return {
    hash: createHash('sha256').update(signature(alone)).digest('hex').slice(0, 32),
    name: operation.name?.value.slice(0, NAME_MAX) ?? null,
    type: operation.operation,
    coordinates,
    given: givenShapes(schema, operation),
  };
}

/** Its text with numbers and texts taken out: clients that write values into it ask one operation, and nobody's values are kept. */
function signature(document: DocumentNode): string {
  const hidden = visit(document, {
    IntValue: (node) => ({ ...node, value: '0' }),
    FloatValue: (node) => ({ ...node, value: '0' }),
    StringValue: (node) => ({ ...node, value: '', block: false }),
    ListValue: {
      leave: (node) => (node.values.every(isHidden) ? { ...node, values: node.values.slice(0, 1) } : undefined),
    },
  });
  return stripIgnoredCharacters(print(hidden));
}

function isHidden({ kind }: ValueNode): boolean {
  return kind === Kind.INT || kind === Kind.FLOAT || kind === Kind.STRING;
}
