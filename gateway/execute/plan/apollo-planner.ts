import { operationFromDocument, type Schema, Supergraph } from '@apollo/federation-internals';
import {
  type FetchDataRewrite,
  type FetchNode as ApolloFetch,
  type PlanNode as ApolloNode,
  QueryPlanner,
  type QueryPlanSelectionNode,
} from '@apollo/query-planner';
import type {
  FetchNode,
  FetchNodePathSegment,
  FetchRewrite,
  FlattenNodePathSegment,
  PlanNode,
  RequiresSelection,
} from '@graphql-hive/router-query-planner';
import { parse } from 'graphql';
import { loadableSupergraph } from '../../serving/loadable-supergraph.ts';
import type { ContextArgument, ContextualFetch, Planner } from './planner.ts';

/** Apollo's planner, whose plans are told in the words of the other. */
export function openApolloPlanner(supergraphSdl: string): Planner {
  const supergraph = Supergraph.build(loadableSupergraph(supergraphSdl));
  const schema: Schema = supergraph.apiSchema();
  const planner = new QueryPlanner(supergraph);
  const labels = [...new Set([...supergraphSdl.matchAll(/overrideLabel: "([^"]+)"/g)].map(([, label]) => label!))];
  const percentageOf = (label: string): number => Number(/^percent\(([\d.]+)\)$/.exec(label)?.[1] ?? 0);
  return {
    percentages: labels.map(percentageOf),
    plan: ({ query, name, roll }) => {
      const operation = operationFromDocument(schema, parse(query), name === null ? {} : { operationName: name });
      const overrideConditions = new Map(labels.map((label) => [label, roll < percentageOf(label)]));
      const { node } = planner.buildQueryPlan(operation, { overrideConditions });
      if (node?.kind !== 'Subscription') return node === undefined ? null : translated(node);
      const subscription: PlanNode = { kind: 'Subscription', primary: fetchNode(node.primary) };
      return node.rest === undefined
        ? subscription
        : { kind: 'Sequence', nodes: [subscription, translated(node.rest)] };
    },
  };
}

function translated(node: ApolloNode): PlanNode {
  switch (node.kind) {
    case 'Fetch':
      return fetchNode(node);
    case 'Flatten':
      return { kind: 'Flatten', path: node.path.map((part) => segment(String(part))), node: translated(node.node) };
    case 'Sequence':
    case 'Parallel':
      return { kind: node.kind, nodes: node.nodes.map(translated) };
    case 'Condition':
      return {
        kind: 'Condition',
        condition: node.condition,
        ...(node.ifClause && { ifClause: translated(node.ifClause) }),
        ...(node.elseClause && { elseClause: translated(node.elseClause) }),
      };
    case 'Defer':
      throw new Error('Deferred fragments are not planned.');
  }
}

function fetchNode(node: ApolloFetch): FetchNode | ContextualFetch {
  const { serviceName, operation, operationName, operationKind, variableUsages, requires } = node;
  return {
    kind: 'Fetch',
    serviceName,
    operation,
    operationKind,
    ...(operationName !== undefined && { operationName }),
    ...(variableUsages && { variableUsages }),
    ...(requires && { requires: requires.map(selection) }),
    ...(node.inputRewrites && { inputRewrites: node.inputRewrites.map(rewrite) }),
    ...(node.outputRewrites && { outputRewrites: node.outputRewrites.map(rewrite) }),
    ...(node.contextRewrites && node.contextRewrites.length > 0 && { contexts: node.contextRewrites.map(context) }),
  };
}

function segment(part: string): FlattenNodePathSegment {
  return part === '@' ? part : { Field: part };
}

function selection(node: QueryPlanSelectionNode): RequiresSelection {
  const selections = (node.selections ?? []).map(selection);
  if (node.kind === 'Field') return { ...node, selections };
  if (node.typeCondition === undefined) throw new Error('A plan requires a fragment that is on no type.');
  return { kind: 'InlineFragment', typeCondition: node.typeCondition, selections };
}

function context(one: FetchDataRewrite): ContextArgument {
  if (one.kind === 'ValueSetter') throw new Error('A plan has a context that is a value.');
  const levelsUp = one.path.filter((part) => part === '..').length;
  return { variable: one.renameKeyTo, levelsUp, path: one.path.slice(levelsUp).map(rewriteSegment) };
}

function rewriteSegment(part: string): FetchNodePathSegment {
  const type = /^\.\.\. on (\w+)$/.exec(part)?.[1];
  return type === undefined ? { Key: part } : { TypenameEquals: [type] };
}

function rewrite(one: FetchDataRewrite): FetchRewrite {
  const path = one.path.map(rewriteSegment);
  return one.kind === 'ValueSetter'
    ? { ValueSetter: { path, setValueTo: String(one.setValueTo) } }
    : { KeyRenamer: { path, renameKeyTo: one.renameKeyTo } };
}
