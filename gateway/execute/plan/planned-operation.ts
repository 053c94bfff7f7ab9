import type { PlanNode } from '@graphql-hive/router-query-planner';
import {
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  getVariableValues,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  print,
} from 'graphql';
import { frequent } from '../../../schema/frequent.ts';
import type { SubgraphRequest } from '../../../schema/reading.ts';
import type { Room } from '../../../schema/room.ts';
import type { Authorized } from '../authorization.ts';
import { conditionVariables } from '../condition-variables.ts';
import type { AskSubgraph, EventSource, OperationContext, SubgraphAnswer } from '../context.ts';
import { fragmentsOf } from '../fragments-of.ts';
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
  /** Subgraphs that tell of events. */
  readonly events: ReadonlyMap<string, EventSource>;
  readonly types: TypeConditions;
  readonly names: ReadonlySet<string>;
  /** For what the values of the variables of @skip and @include make of an operation: one for all operations. */
  readonly completions: Room<Completion>;
}

/** One operation of a valid document, as far as who asks may go. */
export interface Asked {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly allowed: Authorized;
}

/** An operation with all that is made of it once. */
export interface Execution {
  /** `variables` of the client as its operation declares them, or what is wrong with them. */
  readonly coerced: (given: Variables) => ReturnType<typeof getVariableValues>;
  /** Its plan; null where nothing needs to be fetched. */
  readonly planAt: (roll: number) => PlanNode | null;
  readonly answer: (given: Variables, context: OperationContext, chosen: Chosen) => Promise<PlannedAnswer>;
}

type Variables = Readonly<Record<string, unknown>>;

interface Chosen {
  /** Decides on progressive `@override`, as planners have it. */
  readonly roll: number;
  /** What a subscription's subgraph has told; null of another operation. */
  readonly event: SubgraphAnswer | null;
}

/** Plans a query or mutation, and compiles its fetches and its completion. */
export function plannedOperation(graph: PlannedGraph, asked: Asked): PlannedOperation {
  const { answer } = compileExecution(graph, asked);
  return {
    type: asked.operation.operation as 'query' | 'mutation',
    answer: (given, context) => answer(given, context, { roll: Math.random() * 100, event: null }),
  };
}

/** Plans an operation of any type, and compiles it. */
export function compileExecution(graph: PlannedGraph, { document, operation, allowed }: Asked): Execution {
  const { schema, planner, names } = graph;
  const name = operation.name?.value;
  const own = ownDocument(document, name);
  const fragments = Object.fromEntries(fragmentsOf(own));
  const parted = partIntrospection(schema, ownDocument(allowed.document, name), operation);
  const fetched = parted === null ? ownDocument(allowed.document, name) : parted.rest;
  const query = fetched === null ? null : print(preparedOperation(fetched, names));
  const conditions = conditionVariables(own);
  const forms = frequent(graph.completions);
  const plans = new Map<number, { readonly plan: PlanNode | null; readonly step: Step | null }>();

  const planned = (roll: number): { readonly plan: PlanNode | null; readonly step: Step | null } => {
    const part = planner.percentages.filter((percentage) => roll >= percentage).length;
    const known = plans.get(part);
    if (known !== undefined) return known;
    const plan = query === null ? null : planner.plan({ query, name: name ?? null, roll });
    const made = { plan, step: plan === null ? null : compilePlan(plan, graph.types) };
    plans.set(part, made);
    return made;
  };
  const coerced: Execution['coerced'] = (given) =>
    getVariableValues(schema, operation.variableDefinitions ?? [], given);
  const completion = (variables: Variables): Completion => {
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
  planned(100);

  return {
    coerced,
    planAt: (roll) => planned(roll).plan,
    answer: async (given, context, { roll, event }) => {
      const beganMs = performance.now();
      const { errors: refused, coerced: variables } = coerced(given);
      if (refused !== undefined) return { errors: refused };
      const { complete, asksForData } = completion(variables);
      const run: PlanRun = {
        given,
        variables,
        data: {},
        errors: [],
        failed: [],
        event,
        ask: (service, request) => asked(graph, { subgraph: service, request, operationBeganMs: beganMs }, context),
      };
      const { step } = planned(roll);
      if (step === null && query !== null && asksForData && allowed.document === document)
        throw new Error('The plan has no fetch for what the operation asks for.');
      await step?.(run);
      if (parted !== null) Object.assign(run.data, parted.introspect(given));
      const errors = [...allowed.errors(variables), ...run.errors.map(inClientsWords)];
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
