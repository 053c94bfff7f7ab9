import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  execute,
  GraphQLError,
  isUnionType,
  parse,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import type { DomainModel, Mesh } from '../../schema/contract/model.ts';
import { subgraphSdl } from '../../schema/contract/sdl.ts';
import { Refusal } from '../../schema/errors.ts';
import type { Pool } from '../../schema/ledger/connect.ts';
import type { OpenSubgraph, Reading } from '../../schema/reading.ts';
import { badInput } from './bad-input.ts';

import { documentsOf } from './documents.ts';
import { keyValues, resolveEntities, TYPE } from './entities.ts';
import { entityTypes, type EntityType, type EntityTypes } from './entity-types.ts';
import type { Fetch } from './fetch.ts';
import { LIMITS, type Limits } from './limits.ts';
import { statementRunner } from './run-statement.ts';
import { SCALARS } from './scalars.ts';
import { selectConnection, selectFields, type RowBudget, type Selection } from './select.ts';
import { selectAggregate } from './select-aggregate.ts';
import { fetchSql } from './sql.ts';
import { parameterType } from './values.ts';

/** What belongs to one request. */
interface Context {
  readonly reading: Reading;
  readonly budget: RowBudget;
}

type Resolver = GraphQLFieldResolver<unknown, Context>;

/**
 * Makes a domain's contracts executable over `pool` (read-only; the versions are those of each request's reading). A root
 * field, or the entities of one type, with its whole selection within the domain is one statement.
 */
export function openSubgraph(pool: Pool, limits: Limits = LIMITS): OpenSubgraph {
  const runStatement = statementRunner(pool, limits);
  return (model, mesh) => {
    const types = entityTypes(model);
    const run = (fetch: Fetch, { reading }: Context): Promise<unknown> =>
      runStatement(fetchSql(fetch, reading), reading.signal);
    const schema = executableSchema(model, mesh, types, { limits, run });
    const documents = documentsOf(schema);
    return async ({ query, variables, operationName }, reading) => {
      const checked = documents(query);
      if (checked.errors !== null) return { errors: checked.errors };
      return execute({
        schema,
        document: checked.document,
        contextValue: { reading, budget: { rows: 0 } } satisfies Context,
        variableValues: variables ?? null,
        operationName: operationName ?? null,
        fieldResolver: readResponseKey,
      });
    };
  };
}

interface Deps {
  readonly limits: Limits;
  readonly run: (fetch: Fetch, context: Context) => Promise<unknown>;
}

function executableSchema(model: DomainModel, mesh: Mesh, types: EntityTypes, deps: Deps): GraphQLSchema {
  const schema = buildSubgraphSchema({ typeDefs: parse(subgraphSdl(model, mesh)), resolvers: enumValues(types) });
  for (const [name, rules] of Object.entries(SCALARS)) Object.assign(schema.getType(name) ?? {}, rules);
  const query = schema.getQueryType();
  const resolve = (field: string, resolver: Resolver): void => {
    const definition = query?.getFields()[field];
    if (definition !== undefined)
      definition.resolve = refusalsShown(resolver) as GraphQLFieldResolver<unknown, unknown>;
  };
  for (const type of types.values()) {
    if (type.table === null) continue;
    resolve(type.object.oneField, one(types, type, deps));
    resolve(type.object.listField, list(types, type, deps));
    resolve(type.object.aggregateField, aggregate(types, type, deps));
  }
  resolve('_entities', (_source, { representations }, context, info) =>
    resolveEntities(
      { types, limits: deps.limits, budget: context.budget, run: (fetch) => deps.run(fetch, context) },
      representations as unknown[],
      info,
    ),
  );
  const entity = schema.getType('_Entity');
  if (isUnionType(entity)) entity.resolveType = (value: { readonly [TYPE]: string }) => value[TYPE];
  return schema;
}

function one(types: EntityTypes, { object, table }: EntityType, deps: Deps): Resolver {
  return async (_source, args: Record<string, unknown>, context, info) => {
    const values = keyValues(object, (property) => args[property.field]);
    if (values === null || table === null) throw badInput(info.fieldName, 'has an argument that the key cannot hold.');
    const keys = object.key.map((property, index) => ({ value: values[index]!, pgType: parameterType(property) }));
    const fields = selectFields(selectionOf(types, deps, context, info), object.type, info.fieldNodes);
    return deps.run({ kind: 'one', table, keyValues: keys, fields }, context);
  };
}

function list(types: EntityTypes, type: EntityType, deps: Deps): Resolver {
  return async (_source, _args, context, info) => {
    const selection = selectionOf(types, deps, context, info);
    return deps.run(
      { kind: 'list', connection: selectConnection(selection, info.parentType, type, selectedOf(info)) },
      context,
    );
  };
}

function aggregate(types: EntityTypes, type: EntityType, deps: Deps): Resolver {
  return async (_source, _args, context, info) => {
    const selection = selectionOf(types, deps, context, info);
    return deps.run(
      { kind: 'aggregate', aggregate: selectAggregate(selection, info.parentType, type, selectedOf(info)) },
      context,
    );
  };
}

function selectionOf(types: EntityTypes, { limits }: Deps, { budget }: Context, info: GraphQLResolveInfo): Selection {
  return { types, limits, info, budget };
}

function selectedOf({ fieldName, fieldNodes, path }: GraphQLResolveInfo) {
  return { key: String(path.key), name: fieldName, nodes: fieldNodes };
}

/** The statement's JSON has the answer's own keys, aliases and all. */
function readResponseKey(source: unknown, _args: unknown, _context: unknown, { path }: GraphQLResolveInfo): unknown {
  const row = source as Readonly<Record<string, unknown>>;
  return Object.hasOwn(row, path.key) ? row[path.key] : undefined;
}

/** Members of enums by the values of the data: GraphQL then translates both ways, and refuses what no member stands for. */
function enumValues(types: EntityTypes): Record<string, Record<string, string>> {
  const enums = [...types.values()].flatMap(({ object }) =>
    object.properties.flatMap((property) => property.enum ?? []),
  );
  return Object.fromEntries(
    enums.map(({ type, members }) => [type, Object.fromEntries(members.map(({ name, value }) => [name, value]))]),
  );
}

/** A refusal's code and findings, in the place where GraphQL has them. */
function refusalsShown(resolver: Resolver): Resolver {
  return async (source, args, context, info) => {
    try {
      const answer: unknown = await resolver(source, args, context, info);
      return answer;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, findings } = error;
      throw new GraphQLError(error.message, {
        originalError: error,
        extensions: findings.length === 0 ? { code } : { code, findings },
      });
    }
  };
}
