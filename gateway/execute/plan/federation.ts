import { type DocumentNode, type GraphQLSchema, type OperationDefinitionNode, OperationTypeNode, parse } from 'graphql';
import { room } from '../../../schema/room.ts';
import type { Authorized } from '../authorization.ts';
import type { AskSubgraph, EventSource } from '../context.ts';
import { type PlannedGraph, type PlannedOperation, plannedOperation } from './planned-operation.ts';
import { type PlannedSubscription, plannedSubscription } from './planned-subscription.ts';
import type { Planner } from './planner.ts';
import { plannedNames } from './prepared-operation.ts';
import { typeConditions } from './type-conditions.ts';

/** Each operation has one, and more where it has conditions. */
const COMPLETIONS_KEPT = { entries: 4_000, bytes: 32 * 1024 * 1024 };

export interface FederationDeps {
  readonly planner: Planner;
  /** What the planner plans on. */
  readonly supergraphSdl: string;
  /** What clients may ask. */
  readonly schema: GraphQLSchema;
  /** How each subgraph of the plans is asked. */
  readonly asks: ReadonlyMap<string, AskSubgraph>;
  /** Those of them that tell of events. */
  readonly events: ReadonlyMap<string, EventSource>;
}

/** Subgraphs as one: executes operations by plans of fetches from them. */
export interface Federation {
  /** Plans one operation of a valid document, and fetches as much of it as is allowed. Throws where no plan is found. */
  readonly plan: (
    document: DocumentNode,
    operation: OperationDefinitionNode,
    allowed: Authorized,
  ) => PlannedOperation | PlannedSubscription;
}

/** Opens the subgraphs of a supergraph as one. */
export function openFederation({ planner, supergraphSdl, schema, asks, events }: FederationDeps): Federation {
  const supergraph = parse(supergraphSdl, { noLocation: true });
  const graph: PlannedGraph = {
    planner,
    schema,
    asks,
    events,
    types: typeConditions(supergraph),
    names: plannedNames(supergraph),
    completions: room(COMPLETIONS_KEPT),
  };
  return {
    plan: (document, operation, allowed) =>
      operation.operation === OperationTypeNode.SUBSCRIPTION
        ? plannedSubscription(graph, { document, operation, allowed })
        : plannedOperation(graph, { document, operation, allowed }),
  };
}
