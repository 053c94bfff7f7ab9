import type { FetchNode, PlanNode } from '@graphql-hive/router-query-planner';
import type { SubgraphAnswer } from '../context.ts';
import { contextualFetch } from './contextual-fetch.ts';
import { asBatch, entityFetch } from './entity-fetch.ts';
import { type Path, visitAt } from './flatten-path.ts';
import { newNames, placed, renamed } from './placed-errors.ts';
import { isContextual } from './planner.ts';
import { type PlanRun, requestOf, type Step } from './plan-run.ts';
import { compileRewrites } from './rewrites.ts';
import { copy, merge } from './tree.ts';
import { compileSkipped } from './skipped-fetch.ts';
import type { TypeConditions } from './type-conditions.ts';

/** Compiles a plan. */
export function compilePlan(node: PlanNode, types: TypeConditions): Step {
  const shares = !usesContexts(node);
  const compile = (one: PlanNode, path: Path): Step => {
    switch (one.kind) {
      case 'Fetch':
        return one.requires === undefined || one.requires.length === 0
          ? rootFetch(one, path, types)
          : isContextual(one)
            ? contextualFetch(one, path, types)
            : entityFetch(one, [asBatch(one, path)], { types, shares });
      case 'BatchFetch':
        return entityFetch(one, one.entityBatch.aliases, { types, shares });
      case 'Flatten':
        return compile(one.node, one.path);
      case 'Sequence': {
        const steps = one.nodes.map((inner) => compile(inner, path));
        return async (run) => {
          for (const step of steps) await step(run);
        };
      }
      case 'Parallel': {
        const steps = one.nodes.map((inner) => compile(inner, path));
        return async (run) => {
          await Promise.all(steps.map((step) => step(run)));
        };
      }
      case 'Condition': {
        const [yes, no] = [one.ifClause, one.elseClause].map((inner) => (inner ? compile(inner, path) : NOTHING));
        return (run) => (run.variables[one.condition] === true ? yes! : no!)(run);
      }
      case 'Subscription':
        return eventStep(one.primary, types);
      case 'Defer':
        throw new Error('Deferred fragments are not planned.');
    }
  };
  return compile(node, []);
}

function usesContexts(node: PlanNode): boolean {
  switch (node.kind) {
    case 'Fetch':
      return isContextual(node);
    case 'Flatten':
      return usesContexts(node.node);
    case 'Sequence':
    case 'Parallel':
      return node.nodes.some(usesContexts);
    case 'Condition':
      return [node.ifClause, node.elseClause].some((clause) => clause != null && usesContexts(clause));
    default:
      return false;
  }
}

const NOTHING: Step = () => Promise.resolve();

/** A fetch that starts at a root type: of the operation itself, or of objects within that are of that type. */
function rootFetch(node: FetchNode, path: Path, types: TypeConditions): Step {
  const request = requestOf(node);
  const isSkipped = compileSkipped(node.operation);
  const put = putRoots(node, path, types);
  return async (run) => {
    if (isSkipped?.(run.variables) === true) return;
    put(run, await run.ask(node.serviceName, request(run, {})));
  };
}

/** What a subscription's subgraph has told, with which the rest of the plan begins. */
function eventStep(node: FetchNode, types: TypeConditions): Step {
  const put = putRoots(node, [], types);
  return async (run) => {
    if (run.event === null) throw new Error('A plan of a subscription is run without an event.');
    put(run, run.event);
  };
}

/** Puts what was answered at a root type into the data, and its errors to those that are known. */
function putRoots(node: FetchNode, path: Path, types: TypeConditions): (run: PlanRun, answer: SubgraphAnswer) => void {
  const rewrite = compileRewrites(node.outputRewrites, types);
  const names = newNames(node.outputRewrites);
  return (run, { data, errors = [] }) => {
    rewrite?.(data);
    const trails: (string | number)[][] = [];
    const trail: (string | number)[] = [];
    visitAt(
      run.data,
      path,
      types,
      (entity) => {
        if (data != null) merge(entity, trails.length === 0 ? data : copy(data));
        trails.push([...trail]);
      },
      trail,
    );
    if (data == null && errors.length > 0) run.failed.push(...trails);
    for (const error of errors) run.errors.push(...placed(error, node.serviceName, trails, renamed(error.path, names)));
  };
}
