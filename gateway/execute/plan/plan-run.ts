import type { BatchFetchNode, FetchNode } from '@graphql-hive/router-query-planner';
import type { GraphQLFormattedError } from 'graphql';
import type { SubgraphRequest } from '../../../schema/reading.ts';
import type { SubgraphAnswer } from '../context.ts';
import type { Trail } from './placed-errors.ts';
import type { Entity } from './tree.ts';

/** An operation under way: what its fetches have brought so far. */
export interface PlanRun {
  /** As the client sent them. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Coerced. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly data: Entity;
  /** Their paths are those of `data`. */
  readonly errors: GraphQLFormattedError[];
  /** Where a fetch brought nothing at all: what is null beneath is so for the errors that it told. */
  readonly failed: Trail[];
  /** Of a subscription: what its subgraph has told. */
  readonly event: SubgraphAnswer | null;
  readonly ask: (service: string, request: SubgraphRequest) => Promise<SubgraphAnswer>;
}

/** A node of a plan, compiled. */
export type Step = (run: PlanRun) => Promise<void>;

/** What a subgraph is asked with: the operation's variables that the fetch uses, and its own. */
export type MakeRequest = (
  run: Pick<PlanRun, 'given' | 'variables'>,
  own: Readonly<Record<string, unknown>>,
) => SubgraphRequest;

/** Compiles the request of a fetch. */
export function requestOf(node: FetchNode | BatchFetchNode): MakeRequest {
  const { operation, operationName, operationKind, variableUsages = [] } = node;
  const fixed = {
    query: operation,
    isQuery: operationKind !== 'mutation',
    ...(operationName !== undefined && { operationName }),
  };
  return ({ given, variables: coerced }, own) => {
    const variables: Record<string, unknown> = { ...own };
    // Defaults stand in the text of the fetch, digit for digit.
    for (const name of variableUsages) if (Object.hasOwn(given, name)) variables[name] = coerced[name];
    return { ...fixed, variables };
  };
}
