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
  OperationTypeNode,
  parse,
  print,
  separateOperations,
  visit,
} from 'graphql';
import type { SubgraphRequest } from '../../../schema/reading.ts';
import type { Authorized } from '../authorization.ts';
import type { AskSubgraph, OperationContext, SubgraphAnswer } from '../context.ts';
import { frequent } from '../frequent.ts';
import { compileCompletion, type Completion } from './completion.ts';
import type { Planner } from './planner.ts';
import { clientsKey, keyInData, plannedNames, preparedOperation } from './prepared-operation.ts';
import type { PlanRun, Step } from './plan-run.ts';
import { compilePlan } from './steps.ts';
import { type TypeConditions, typeConditions } from './type-conditions.ts';

/** Values of the variables of @skip and @include that are remembered with what they make of an operation. */
const FORMS_KEPT = 50;

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

export interface FederationDeps {
  readonly planner: Planner;
  /** What the planner plans on. */
  readonly supergraphSdl: string;
  /** What clients may ask. */
  readonly schema: GraphQLSchema;
  /** How each subgraph of the plans is asked. */
  readonly asks: ReadonlyMap<string, AskSubgraph>;
}

/** Subgraphs as one: executes operations by plans of fetches from them. */
export interface Federation {
  /**
   * Plans one operation of a valid document, and fetches as much of it as is allowed; null where it is a subscription, or asks of the
   * schema itself. Throws where no plan is found.
   */
  readonly plan: (
    document: DocumentNode,
    operation: OperationDefinitionNode,
    allowed: Authorized,
  ) => PlannedOperation | null;
}

/** Opens the subgraphs of a supergraph as one. */
export function openFederation({ planner, supergraphSdl, schema, asks }: FederationDeps): Federation {
  const supergraph = parse(supergraphSdl, { noLocation: true });
  const graph: Graph = { planner, schema, asks, types: typeConditions(supergraph), names: plannedNames(supergraph) };
  return {
    plan: (document, operation, allowed) =>
      operation.operation === OperationTypeNode.SUBSCRIPTION || asksOfSchema(document)
        ? null
        : planned(graph, { document, operation, allowed }),
  };
}

interface Graph {
  readonly planner: Planner;
  readonly schema: GraphQLSchema;
  readonly asks: ReadonlyMap<string, AskSubgraph>;
  readonly types: TypeConditions;
  readonly names: ReadonlySet<string>;
}

interface Asked {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly allowed: Authorized;
}

function planned(graph: Graph, { document, operation, allowed }: Asked): PlannedOperation {
  const { schema, planner, names } = graph;
  const own = ownDocument(document, operation);
  const fragments = fragmentsOf(own);
  const query = print(preparedOperation(ownDocument(allowed.document, operation), names));
  const conditions = conditionVariables(own);
  const forms = frequent<Completion>(FORMS_KEPT);
  const steps = new Map<number, Step | null>();

  const stepsAt = (roll: number): Step | null => {
    const part = planner.percentages.filter((percentage) => roll >= percentage).length;
    const known = steps.get(part);
    if (known !== undefined) return known;
    const plan = planner.plan({ query, name: operation.name?.value ?? null, roll });
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
    forms.set(key, made);
    return made;
  };
  stepsAt(100);

  return {
    type: operation.operation as 'query' | 'mutation',
    answer: async (given, context) => {
      const { errors: refused, coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], given);
      if (refused !== undefined) return { errors: refused };
      const { complete, asksForData } = completion(coerced);
      const run: PlanRun = {
        variables: coerced,
        data: {},
        errors: [],
        ask: (service, request) => asked(graph, service, request, context),
      };
      const step = stepsAt(Math.random() * 100);
      if (step === null && asksForData && allowed.document === document)
        throw new Error('The plan has no fetch for what the operation asks for.');
      await step?.(run);
      const errors = [...allowed.errors(coerced), ...run.errors.map(inClientsWords)];
      const data = complete(run.data, errors);
      return { data, ...(errors.length > 0 && { errors }) };
    },
  };
}

/** Asks a subgraph, and notes that it was asked. */
async function asked(
  { asks }: Graph,
  subgraph: string,
  request: SubgraphRequest,
  context: OperationContext,
): Promise<SubgraphAnswer> {
  const beganMs = performance.now();
  const ask = asks.get(subgraph);
  if (ask === undefined) throw new Error(`A plan asks the subgraph ${subgraph}, which its graph does not have.`);
  const answer = await ask(request, context);
  const representations = request.variables?.['representations'];
  context.fetches.push({
    subgraph,
    query: request.query,
    entities: Array.isArray(representations) ? representations.length : null,
    ms: performance.now() - beganMs,
    errors: answer.errors?.length ?? 0,
  });
  return answer;
}

function inClientsWords(error: GraphQLFormattedError): GraphQLFormattedError {
  if (error.path === undefined) return error;
  return { ...error, path: error.path.map((part) => (typeof part === 'string' ? clientsKey(part) : part)) };
}

/** The operation, and the fragments that it spreads. */
function ownDocument(document: DocumentNode, { name }: OperationDefinitionNode): DocumentNode {
  return separateOperations(document)[name?.value ?? '']!;
}

function fragmentsOf({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments = definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
  return Object.fromEntries(fragments.map((node) => [node.name.value, node]));
}

function asksOfSchema(document: DocumentNode): boolean {
  let asks = false;
  visit(document, {
    Field: ({ name }) => {
      if (name.value === '__schema' || name.value === '__type') asks = true;
    },
  });
  return asks;
}

function conditionVariables(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive: ({ arguments: given = [] }) => {
      for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}
