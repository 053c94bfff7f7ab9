import { type GraphQLSchema, parse, validate } from 'graphql';
import type { Answer, GoneSignal, ManagedSubgraph, Reading } from '../../schema/reading.ts';
import { checkedExecution } from '../../subgraphs/managed/checked-execution.ts';
import { entityTypes } from '../../subgraphs/managed/entity-types.ts';
import { LIMITS, type Limits } from '../../subgraphs/managed/limits.ts';
import { executableSchema } from '../../subgraphs/managed/executable-schema.ts';
import { openSubgraph } from '../../subgraphs/managed/open-subgraph.ts';
import { rootFields } from '../../subgraphs/managed/root-fields.ts';
import { statementRunner } from '../../subgraphs/managed/run-statement.ts';
import type { Operation } from './operations/operation.ts';
import { openOracle, type Oracle } from './oracle/oracle.ts';
import type { Loaded, World } from './world.ts';

/** What a client gets, as far as it can rely on it. */
export interface Told {
  /** As JSON, its keys in their order; null where the request came to no data. */
  readonly data: string | null;
  readonly errors: readonly ToldError[];
}

export interface ToldError {
  readonly message: string;
  readonly path: string;
  readonly code: string | null;
}

/** One operation over the same rows, answered in every way there is. */
export interface Ways {
  readonly oracle: Oracle;
  /** Whether GraphQL lets it be executed; the other ways but `compiled` take this for granted. */
  isValid(operation: Operation): boolean;
  /** By the statement that it is compiled to. */
  compiled(operation: Operation, loaded: Loaded): Promise<Told>;
  /** By graphql-js over a statement for each root field. */
  checked(operation: Operation, loaded: Loaded): Promise<Told>;
  /** By graphql-js over the rows in memory. */
  specified(operation: Operation, loaded: Loaded): Promise<Told>;
  /** Every error that the root fields may say, whichever is first. */
  possibleErrors(operation: Operation, loaded: Loaded): Promise<readonly ToldError[]>;
}

/** A client that waits, however many listen for its going. */
const NEVER_GONE: GoneSignal = {
  aborted: false,
  reason: null,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
};

/** Limits that small data and short operations come up against. */
export const NARROW: Limits = {
  ...LIMITS,
  pageDefault: 5,
  pageMax: 100,
  rowsMax: 5_000,
  depthMax: 4,
  relatedDepthMax: 2,
};

export function openWays({ products, pools }: World): Ways {
  const oracle = openOracle(products, NARROW);
  const subgraph = openSubgraph(pools, NARROW)(products);
  const schema = executableSchema(products);
  const types = entityTypes(products);
  const roots = rootFields(types);
  const checked = checkedExecution({ schema, roots, types, limits: NARROW, run: statementRunner(pools, NARROW) });
  return {
    oracle,
    isValid: ({ query }) => isValid(oracle.schema, query),
    compiled: async (operation, loaded) => toldOf(await ask(subgraph, operation, loaded)),
    checked: async (operation, { datasets }) => {
      const { query, operationName = null } = operation;
      const request = { document: parse(query), operationName, variables: asSent(operation) };
      return toldOf(await checked({ ...request, reading: reading(datasets), failure: null }));
    },
    specified: async (operation, { rows }) =>
      toldOf(await oracle.answer({ ...operation, variables: asSent(operation) }, rows)),
    possibleErrors: async (operation, { rows }) =>
      toldOf(await oracle.errorsOfEach({ ...operation, variables: asSent(operation) }, rows)).errors,
  };
}

/** Asks a subgraph as a gateway does. */
export async function ask(subgraph: ManagedSubgraph, operation: Operation, { datasets }: Loaded): Promise<Answer> {
  return subgraph.execute({ ...operation, variables: asSent(operation) }, reading(datasets));
}

/** What of an answer reaches a client. */
export function toldOf(answer: Answer): Told {
  if ('json' in answer) return { data: JSON.stringify(JSON.parse(answer.json)), errors: [] };
  const { data, errors = [] } = answer;
  return {
    data: data === undefined || data === null ? null : JSON.stringify(data),
    errors: errors.map(({ message, path = [], extensions }) => {
      // An error that came as JSON may have none.
      const { code } = (extensions as { readonly code?: unknown } | undefined) ?? {};
      return { message, path: path.join('.'), code: typeof code === 'string' ? code : null };
    }),
  };
}

function isValid(schema: GraphQLSchema, query: string): boolean {
  try {
    return validate(schema, parse(query)).length === 0;
  } catch {
    // No GraphQL at all.
    return false;
  }
}

/** Variables as JSON brings them. */
export function asSent({ variables }: Operation): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(variables)) as Record<string, unknown>;
}

function reading(datasets: Loaded['datasets']): Reading {
  return { datasets, productsRead: new Set(), signal: NEVER_GONE };
}
