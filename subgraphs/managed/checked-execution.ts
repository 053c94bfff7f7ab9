import {
  type DocumentNode,
  execute,
  type ExecutionResult,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isUnionType,
} from 'graphql';
import { aggregateType } from '../../schema/contract/graph-names.ts';
import { Refusal } from '../../schema/errors.ts';
import type { Reading } from '../../schema/reading.ts';
import { typesAsked } from './entities.ts';
import type { EntityTypes } from './entity-types.ts';
import { readMeasure, withFailedMeasures } from './failed-measures.ts';
import type { Limits } from './limits.ts';
import { refusalError } from './refusal-error.ts';
import type { SelectRoot } from './root-fields.ts';
import type { RunStatement } from './run-statement.ts';
import { requireWithinBudget, type RowBudget, type Selection } from './selection.ts';
import { operationSql } from './sql.ts';

/** What an entity's object carries beside its fields: the name of its type, where no response key can be. */
const TYPE = Symbol('type');

export interface CheckedRequest {
  readonly document: DocumentNode;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly reading: Reading;
  /** Why there can be no answer: said of every root field. Null where there may be one. */
  readonly failure: Error | null;
}

/** Executes an operation by graphql-js, which says its errors in their places: each root field a statement of its own. */
export type CheckedExecution = (request: CheckedRequest) => Promise<ExecutionResult>;

/** What belongs to one request. */
interface Context {
  readonly reading: Reading;
  readonly budget: RowBudget;
  readonly failure: Error | null;
}

export interface CheckedDeps {
  readonly schema: GraphQLSchema;
  readonly roots: ReadonlyMap<string, SelectRoot>;
  readonly types: EntityTypes;
  readonly limits: Limits;
  readonly run: RunStatement;
}

/** Makes the schema executable: root fields answer the JSON of their statement, fields below are read from it. */
export function checkedExecution({ schema, roots, types, limits, run }: CheckedDeps): CheckedExecution {
  const resolveRoot: Resolver = async (_source, args, { reading, budget, failure }, info) => {
    if (failure !== null) throw failure;
    const select = roots.get(info.fieldName);
    if (select === undefined) throw new Error(`The products have no root field ${info.fieldName}`);
    const own: RowBudget = [];
    const selection: Selection = { types, limits, info, budget: own };
    const selected = { key: String(info.path.key), name: info.fieldName, nodes: info.fieldNodes };
    const fetch = select(selection, info.parentType, selected);
    // What is refused takes nothing from the others.
    budget.push(...own);
    requireWithinBudget(budget, limits, info.variableValues);
    const root = [{ key: 'field', fetch }];
    const json = await withFailedMeasures(
      (failed) => operationSql(root, reading.datasets, { strict: false, failed }),
      (statement) => run(statement, info.variableValues, reading),
    );
    const { field } = JSON.parse(json!) as { field: unknown };
    return fetch.kind === 'entities' ? withTypes(field as (object | null)[], args['representations']) : field;
  };
  const query = schema.getQueryType()!;
  for (const name of roots.keys()) {
    const field = query.getFields()[name];
    if (field !== undefined) field.resolve = refusalsShown(resolveRoot) as GraphQLFieldResolver<unknown, unknown>;
  }
  for (const { object, table } of types.values())
    if (table !== null)
      for (const { field } of object.measures)
        (schema.getType(aggregateType(object)) as GraphQLObjectType).getFields()[field]!.resolve = readMeasure;
  const entity = schema.getType('_Entity');
  if (isUnionType(entity)) entity.resolveType = (value: { readonly [TYPE]: string }) => value[TYPE];
  return async ({ document, operationName, variables, reading, failure }) =>
    execute({
      schema,
      document,
      contextValue: { reading, budget: [], failure } satisfies Context,
      variableValues: variables,
      operationName,
      fieldResolver: readResponseKey,
    });
}

type Resolver = GraphQLFieldResolver<unknown, Context, Readonly<Record<string, unknown>>>;

function withTypes(rows: (object | null)[], representations: unknown): (object | null)[] {
  const names = typesAsked(representations);
  return rows.map((row, index) => row && Object.assign(row, { [TYPE]: names[index] }));
}

/** The statement's JSON has the answer's own keys, aliases and all. */
function readResponseKey(source: unknown, _args: unknown, _context: unknown, { path }: GraphQLResolveInfo): unknown {
  const row = source as Readonly<Record<string, unknown>>;
  return Object.hasOwn(row, path.key) ? row[path.key] : undefined;
}

/** A refusal's code and findings, in the place where GraphQL has them. */
function refusalsShown(resolver: Resolver): Resolver {
  return async (source, args, context, info) => {
    try {
      const answer: unknown = await resolver(source, args, context, info);
      return answer;
    } catch (error) {
      throw error instanceof Refusal ? refusalError(error) : error;
    }
  };
}
