import {
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  type FragmentDefinitionNode,
  getVariableValues,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  print,
} from 'graphql';
import { frequent } from '../../../schema/frequent.ts';
import type { SubgraphRequest } from '../../../schema/reading.ts';
import type { Room } from '../../../schema/room.ts';
import type { Authorized } from '../authorization.ts';
import { conditionVariables } from '../condition-variables.ts';
import type { AskSubgraph, OperationContext, SubgraphAnswer } from '../context.ts';
import type { FetchRun, RemoteRun } from '../fetch-run.ts';
import { StatementsSeen } from '../statements-seen.ts';
import { compileCompletion, type Completion } from './completion.ts';
import { ownDocument, partIntrospection } from './introspection.ts';
import type { PlanRun, Step } from './plan-run.ts';
import type { Planner } from './planner.ts';
import { clientsKey, keyInData, preparedOperation } from './prepared-operation.ts';
import { compilePlan } from './steps.ts';
import type { TypeConditions } from './type-conditions.ts';

/** What a completion holds for each token of its operation: measured by `npm run bench:flood`. */
const COMPLETION_BYTES_PER_TOKEN = 150;

/** What a planned operation answers: as GraphQL has it, its errors showable as they are. */
export interface PlannedAnswer {
  readonly data?: ExecutionResult['data'];
  readonly errors?: readonly (GraphQLError | GraphQLFormattedError)[];
}

/** An operation with its plan, compiled once. */
export interface PlannedOperation {
  readonly type: 'query' | 'mutation';
  /** `variables` as the client sent them. */
  readonly answer: (variables: Readonly<Record<string, unknown>>, context: OperationContext) => Promise<PlannedAnswer>;
}

/** The graph that operations are planned on. */
export interface PlannedGraph {
  readonly planner: Planner;
  readonly schema: GraphQLSchema;
  readonly asks: ReadonlyMap<string, AskSubgraph>;
  readonly types: TypeConditions;
  readonly names: ReadonlySet<string>;
  /** For what the values of the variables of @skip and @include make of an operation: one for all operations. */
  readonly completions: Room<Completion>;
}

interface Asked {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly allowed: Authorized;
}

/** Plans an operation, and compiles its fetches and its completion. */
export function plannedOperation(graph: PlannedGraph, { document, operation, allowed }: Asked): PlannedOperation {
  const { schema, planner, names } = graph;
  const name = operation.name?.value;
  const own = ownDocument(document, name);
  const fragments = fragmentsOf(own);
  const parted = partIntrospection(schema, ownDocument(allowed.document, name), operation);
  const fetched = parted === null ? ownDocument(allowed.document, name) : parted.rest;
  const query = fetched === null ? null : print(preparedOperation(fetched, names));
  const conditions = conditionVariables(own);
  const forms = frequent(graph.completions);
  const steps = new Map<number, Step | null>();

  const stepsAt = (roll: number): Step | null => {
    const part = planner.percentages.filter((percentage) => roll >= percentage).length;
    const known = steps.get(part);
    if (known !== undefined) return known;
    const plan = query === null ? null : planner.plan({ query, name: name ?? null, roll });
    const compiled = plan === null ? null : compilePlan(plan, graph.types);
    steps.set(part, compiled);
    return compiled;
  };
  const completion = (variables: Readonly<Record<string, unknown>>): Completion => {
    const values = Object.fromEntries(conditions.map((name) => [name, variables[name]]));
    const key = JSON.stringify(values);
    const known = forms.get(key);
    if (known !== undefined) return known;
    const of = {
      schema,
      operation,
      fragments,
      variables: values,
      keyInData: (node: FieldNode) => keyInData(node, names),
    } as const;
    const made = compileCompletion(of);
    forms.set(key, made, COMPLETION_BYTES_PER_TOKEN * (document.tokenCount ?? 0));
    return made;
  };
  stepsAt(100);

  return {
    type: operation.operation as 'query' | 'mutation',
    answer: async (given, context) => {
      const beganMs = performance.now();
      const { errors: refused, coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], given);
      if (refused !== undefined) return { errors: refused };
      const { complete, asksForData } = completion(coerced);
      const run: PlanRun = {
        given,
        variables: coerced,
        data: {},
        errors: [],
        failed: [],
        ask: (service, request) => asked(graph, { subgraph: service, request, operationBeganMs: beganMs }, context),
      };
      const step = stepsAt(Math.random() * 100);
      if (step === null && query !== null && asksForData && allowed.document === document)
        throw new Error('The plan has no fetch for what the operation asks for.');
      await step?.(run);
      if (parted !== null) Object.assign(run.data, parted.introspect(given));
      const errors = [...allowed.errors(coerced), ...run.errors.map(inClientsWords)];
      const data = complete(run.data, errors, run.failed);
      return { data, ...(errors.length > 0 && { errors }) };
    },
  };
}

interface FetchAsk {
  readonly subgraph: string;
  readonly request: SubgraphRequest;
  readonly operationBeganMs: number;
}

/** Asks a subgraph, and notes that it was asked. */
async function asked(
  { asks }: PlannedGraph,
  { subgraph, request, operationBeganMs }: FetchAsk,
  context: OperationContext,
): Promise<SubgraphAnswer> {
  const beganMs = performance.now();
  const ask = asks.get(subgraph);
  if (ask === undefined) throw new Error(`A plan asks the subgraph ${subgraph}, which its graph does not have.`);
  const trace = context.trace?.fetch(subgraph, context.serving) ?? null;
  const seen = new StatementsSeen(context.reading.watch?.explain ?? false, trace);
  const noted: { remote?: RemoteRun } = {};
  const noteRemote = (remote: RemoteRun): void => void (noted.remote = remote);
  const fetch = { traceparent: trace?.traceparent ?? null, noteRemote };
  let run: FetchRun | null = null;
  try {
    const answer = await ask(request, { ...context, reading: { ...context.reading, watch: seen }, fetch });
    const made: FetchRun = {
      subgraph,
      query: request.query,
      entities: entitiesOf(request),
      atMs: beganMs - operationBeganMs,
      ms: performance.now() - beganMs,
      errors: answer.errors?.length ?? 0,
      statements: seen.runs,
      fallbacks: seen.fallbacks,
      ...noted,
    };
    run = made;
    context.fetches.push(made);
    return answer;
  } finally {
    trace?.end(run);
  }
}

/** Of all its `_entities` fields; null where it has none. No variable of a client has objects with a `__typename`. */
function entitiesOf({ variables = {} }: SubgraphRequest): number | null {
  const lists = Object.values(variables).filter(
    (value): value is readonly unknown[] =>
      Array.isArray(value) && typeof value[0] === 'object' && value[0] !== null && '__typename' in value[0],
  );
  return lists.length === 0 ? null : lists.reduce((sum, { length }) => sum + length, 0);
}

function inClientsWords(error: GraphQLFormattedError): GraphQLFormattedError {
  if (error.path === undefined) return error;
  return { ...error, path: error.path.map((part) => (typeof part === 'string' ? clientsKey(part) : part)) };
}

function fragmentsOf({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments = definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
  return Object.fromEntries(fragments.map((node) => [node.name.value, node]));
}
