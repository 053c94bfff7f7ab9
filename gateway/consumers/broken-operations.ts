import { type GraphQLSchema, parse, validate } from 'graphql';
import { errorFinding, type Finding } from '../../schema/findings.ts';
import type { Subscription } from '../../schema/ledger/subscriptions.ts';
import { TOKENS_MAX } from '../door/nesting.ts';

/** As many faults of one operation are told as show what happened to it. */
const FAULTS_SHOWN = 3;

/** A registered operation that is not valid. */
export interface BrokenOperation {
  readonly consumer: string;
  readonly name: string;
  readonly text: string;
  readonly faults: readonly string[];
}

/** Registered operations that are not valid in a schema; each once, though it is registered with several products. */
export function brokenOperations(subscriptions: readonly Subscription[], schema: GraphQLSchema): BrokenOperation[] {
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

/** What is wrong with an operation: the first faults of it. */
export function faultsOf(text: string, schema: GraphQLSchema): string[] {
  const document = parse(text, { maxTokens: TOKENS_MAX, noLocation: true });
  return validate(schema, document, undefined, { maxErrors: FAULTS_SHOWN })
    .slice(0, FAULTS_SHOWN)
    .map(({ message }) => message);
}

/** Names the consumer, its operation, and what broke. */
export function brokenFinding({ consumer, name, faults }: BrokenOperation): Finding {
  return errorFinding(
    'CONSUMER_BROKEN',
    `The operation ${name}, which ${consumer} registered, would no longer be valid: ${faults.join(' ')}`,
  );
}
