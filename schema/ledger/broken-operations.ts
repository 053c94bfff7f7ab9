import { type GraphQLSchema, parse, validate } from 'graphql';
import { apiSchema } from '../composition/api-schema.ts';
import { withDefer } from '../composition/deferred.ts';
import { errorFinding, type Finding } from '../findings.ts';
import type { RegisteredOperation, Subscription } from './subscriptions.ts';

/** As many faults of one operation are told as show what happened to it. */
const FAULTS_SHOWN = 3;

/** A registered operation that is not valid. */
interface BrokenOperation {
  readonly consumer: string;
  readonly name: string;
  readonly text: string;
  readonly faults: readonly string[];
}

/** From the supergraph that is served, null before the first, to the one that is to come. */
export interface GraphMove {
  readonly before: () => Promise<string | null>;
  readonly after: string;
}

/** Registered operations that a change of the graph would make invalid, naming consumer and operation; not those that were not valid before. */
export async function brokenFindings(
  subscriptions: readonly Subscription[],
  { before, after }: GraphMove,
): Promise<Finding[]> {
  if (subscriptions.every(({ operations }) => operations.length === 0)) return [];
  const found = brokenOperations(subscriptions, clientSchema(after));
  if (found.length === 0) return [];
  const sdl = await before();
  const schema = sdl === null ? null : clientSchema(sdl);
  return found.filter(({ text }) => schema !== null && faultsOf(text, schema).length === 0).map(brokenFinding);
}

/** Which of some operations a supergraph would not answer, with the first faults of each. */
export function unanswered(
  operations: readonly RegisteredOperation[],
  supergraph: string,
): { readonly operation: RegisteredOperation; readonly faults: readonly string[] }[] {
  if (operations.length === 0) return [];
  const schema = clientSchema(supergraph);
  return operations
    .map((operation) => ({ operation, faults: faultsOf(operation.text, schema) }))
    .filter(({ faults }) => faults.length > 0);
}

/** Each once, though it is registered with several products. */
function brokenOperations(subscriptions: readonly Subscription[], schema: GraphQLSchema): BrokenOperation[] {
  const judged = new Set<string>();
  return subscriptions.flatMap(({ consumer, operations }) =>
    operations.flatMap(({ name, text }): BrokenOperation[] => {
      const identity = JSON.stringify([consumer, name, text]);
      if (judged.has(identity)) return [];
      judged.add(identity);
      const faults = faultsOf(text, schema);
      return faults.length === 0 ? [] : [{ consumer, name, text, faults }];
    }),
  );
}

/** As clients write operations. */
function clientSchema(supergraph: string): GraphQLSchema {
  return withDefer(apiSchema(supergraph));
}

// A text was bounded when it was registered.
function faultsOf(text: string, schema: GraphQLSchema): string[] {
  return validate(schema, parse(text, { noLocation: true }), undefined, { maxErrors: FAULTS_SHOWN })
    .slice(0, FAULTS_SHOWN)
    .map(({ message }) => message);
}

function brokenFinding({ consumer, name, faults }: BrokenOperation): Finding {
  return errorFinding(
    'CONSUMER_BROKEN',
    `The operation ${name}, which ${consumer} registered, would no longer be valid: ${faults.join(' ')}`,
  );
}
