import type { FetchNode, PlanNode } from '@graphql-hive/router-query-planner';
import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import type { SubgraphRequest } from '../../../schema/reading.ts';
import type { EventSource, OperationContext, SubgraphAnswer } from '../context.ts';
import { type Asked, compileExecution, type PlannedAnswer, type PlannedGraph } from './planned-operation.ts';
import { requestOf } from './plan-run.ts';

type Variables = Readonly<Record<string, unknown>>;

/** A subscription with its plan, compiled once. `roll` decides on progressive `@override`, as planners have it. */
export interface PlannedSubscription {
  readonly type: 'subscription';
  /** Which subgraph tells of its events, and what it is asked; errors where the request is at fault, or nothing of it is allowed. */
  readonly source: (given: Variables, roll: number) => Subscribed | { readonly errors: PlannedErrors };
  /** What one event is for the client: what its subgraph has told, with all that others have to add. */
  readonly answer: (
    event: SubgraphAnswer,
    asked: { readonly given: Variables; readonly roll: number },
    context: OperationContext,
  ) => Promise<PlannedAnswer>;
}

export type PlannedErrors = readonly (GraphQLError | GraphQLFormattedError)[];

export interface Subscribed {
  readonly source: EventSource;
  readonly request: SubgraphRequest;
}

/** Plans a subscription, and compiles what follows each of its events. */
export function plannedSubscription(graph: PlannedGraph, asked: Asked): PlannedSubscription {
  const { coerced, planAt, answer } = compileExecution(graph, asked);
  return {
    type: 'subscription',
    source: (given, roll) => {
      const { errors, coerced: variables } = coerced(given);
      if (errors !== undefined) return { errors };
      // It has one root field: where that is not allowed, nothing is left to subscribe to.
      const denied = asked.allowed.errors(variables);
      if (denied.some(({ path }) => path?.length === 1)) return { errors: denied };
      const primary = subscriptionOf(planAt(roll));
      const source = primary === null ? undefined : graph.events.get(primary.serviceName);
      if (primary === null || source === undefined)
        throw new Error('The plan of a subscription has no subgraph that tells of events.');
      return { source, request: requestOf(primary)({ given, variables }, {}) };
    },
    answer: (event, { given, roll }, context) => answer(given, context, { roll, event }),
  };
}

/** The fetch with which a plan begins that goes on with each event. */
function subscriptionOf(node: PlanNode | null | undefined): FetchNode | null {
  if (node?.kind === 'Subscription') return node.primary;
  return node?.kind === 'Sequence' ? subscriptionOf(node.nodes[0]) : null;
}
