import {
  buildASTSchema,
  execute,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
  Kind,
  parse,
  visit,
} from 'graphql';
import type { ManagedProducts, Reference, SchemaObject } from '../../../schema/contract/model.ts';
import { subgraphSdl } from '../../../schema/contract/sdl.ts';
import { domainOf } from '../../../schema/ids.ts';
import { SCALARS } from '../../../subgraphs/managed/scalars.ts';
import type { Operation } from '../operations/operation.ts';
import { groupsOf, measured, readAggregate, type Group, type Part } from './aggregate.ts';
import type { Bounds, Meanings } from './meanings.ts';
import { cursorOf, cut, readOrder, readPage } from './paging.ts';
import { rowsAsked } from './requests.ts';
import { equal, propertyNamed, referredTo, referringTo, valueOf, type Row, type Rows } from './rows.ts';
import { semanticText } from './semantics.ts';
import { fromGraph, refused, toGraph, comparable } from './values.ts';
import { readWhere } from './where.ts';

/**
 * What the graph of managed products answers, in plain graphql-js over rows in memory: the specification in code, which the compiled
 * statements are held to.
 */
export interface Oracle {
  readonly schema: GraphQLSchema;
  /** By their types' names. */
  readonly objects: ReadonlyMap<string, SchemaObject>;
  answer(operation: Operation, rows: Rows): Promise<ExecutionResult>;
  /** Every error that a root field may say, where one that cannot be null leaves no data and the others race it. */
  errorsOfEach(operation: Operation, rows: Rows): Promise<ExecutionResult>;
}

/** A row; or what is known of one that is missing: the key by which it is referred to. */
interface Entity {
  readonly object: SchemaObject;
  readonly row: Row;
  readonly isMissing: boolean;
}

interface Context {
  readonly rows: Rows;
  rowsAsked: number;
}

type Args = Readonly<Record<string, unknown>>;
type Resolver<Source> = GraphQLFieldResolver<Source, Context, Args>;

export function openOracle(products: ManagedProducts, bounds: Bounds): Oracle {
  const meanings = meaningsOf(products);
  const sdl = plainSdl(products);
  const schema = executable(sdl, meanings, bounds);
  const nullable = executable(rootsNullable(sdl), meanings, bounds);
  const run = async (on: GraphQLSchema, { query, variables, operationName }: Operation, rows: Rows) =>
    execute({
      schema: on,
      document: parse(query),
      variableValues: variables,
      operationName: operationName ?? null,
      contextValue: { rows, rowsAsked: 0 } satisfies Context,
    });
  return {
    schema,
    objects: meanings.objects,
    answer: (operation, rows) => run(schema, operation, rows),
    errorsOfEach: (operation, rows) => run(nullable, operation, rows),
  };
}

function meaningsOf({ products, references }: ManagedProducts): Meanings {
  const objects = new Map(products.flatMap((product) => product.objects.map((object) => [object.type, object])));
  const named = (matches: (reference: Reference) => boolean) => references.find(matches) ?? null;
  return {
    objects,
    reference: (type, field) => named((one) => one.from.type === type && one.field === field),
    reverse: (type, field) => named((one) => one.to.type === type && one.reverseField === field),
    reverseAggregate: (type, field) => named((one) => one.to.type === type && one.reverseAggregateField === field),
  };
}

function executable(sdl: DocumentNode, meanings: Meanings, bounds: Bounds): GraphQLSchema {
  const schema = buildASTSchema(sdl);
  for (const [name, rules] of Object.entries(SCALARS)) Object.assign(schema.getType(name) ?? {}, rules);
  const set = <Source>(type: string, field: string, resolve: Resolver<Source>): void => {
    (schema.getType(type) as GraphQLObjectType).getFields()[field]!.resolve = resolve as GraphQLFieldResolver<
      unknown,
      unknown
    >;
  };
  const root = (field: string, resolve: Resolver<unknown>): void =>
    // Later, as data comes: no field that cannot be null keeps the others from being asked.
    set('Query', field, async (source, args, context, info) => {
      context.rowsAsked += rowsAsked(meanings, bounds, info, info.parentType, info.fieldNodes);
      if (context.rowsAsked > bounds.rowsMax) throw refused('asks for too many rows');
      return resolve(source, args, context, info);
    });
  const entity = (object: SchemaObject, row: Row): Entity => ({ object, row, isMissing: false });
  const page = (object: SchemaObject, all: readonly Row[], args: Args, rows: Rows) => {
    const order = readOrder(object, args['orderBy']);
    const matching = all.filter(readWhere({ meanings, bounds, rows }, object, args['where']));
    const found = cut(matching, order, readPage(object, order, args, bounds));
    const cursors = found.rows.map((row) => cursorOf(object, order, row));
    return {
      nodes: found.rows.map((row) => entity(object, row)),
      edges: found.rows.map((row, index) => ({ cursor: cursors[index], node: entity(object, row) })),
      totalCount: String(matching.length),
      pageInfo: { ...found, startCursor: cursors[0] ?? null, endCursor: cursors.at(-1) ?? null },
    };
  };

  for (const object of meanings.objects.values()) {
    const rowsOf = ({ rows }: Context): readonly Row[] => rows.get(object.type) ?? [];
    root(object.oneField, (_source, args, context) => {
      const key = object.key.map((property) => comparable(property, fromGraph(property, args[property.field])));
      const row = rowsOf(context).find((one) =>
        equal(
          key,
          object.key.map((property) => valueOf(one, property)),
        ),
      );
      return row === undefined ? null : entity(object, row);
    });
    root(object.listField, (_source, args, context) => page(object, rowsOf(context), args, context.rows));
    root(object.aggregateField, (_source, args, context) => {
      const query = readAggregate({ meanings, bounds, rows: context.rows }, object, args);
      return groupsOf(rowsOf(context), query);
    });
    for (const name of Object.keys((schema.getType(object.type) as GraphQLObjectType).getFields())) {
      const reference = meanings.reference(object.type, name);
      const reverse = meanings.reverse(object.type, name);
      const aggregated = meanings.reverseAggregate(object.type, name);
      if (reference !== null)
        set<Entity>(object.type, name, (source, _args, context) => referred(reference, source, context));
      else if (reverse !== null)
        set<Entity>(object.type, name, (source, args, { rows }) => {
          const found = referring(reverse, source, rows);
          return found === null ? null : page(reverse.from, found, args, rows);
        });
      else if (aggregated !== null)
        set<Entity>(object.type, name, (source, args, { rows }) => {
          const found = referring(aggregated, source, rows);
          return found === null
            ? null
            : groupsOf(found, readAggregate({ meanings, bounds, rows }, aggregated.from, args));
        });
      else {
        const property = propertyNamed(object, name);
        set<Entity>(object.type, name, ({ row }) => toGraph(property, row.get(property.name) ?? null));
      }
    }
    const aggregate = schema.getType(`${object.type}Aggregate`) as GraphQLObjectType;
    for (const [part, field] of Object.entries(aggregate.getFields())) {
      set<Group>(aggregate.name, part, (group) => (part === 'count' ? String(group.rows.length) : group));
      const measure = object.measures.find((candidate) => candidate.field === part);
      if (measure !== undefined)
        set<Group>(aggregate.name, part, ({ rows }) => toGraph(measure, semanticText(measure, rows)));
      const type = schema.getType(field.type.toString().replace(/!$/, ''));
      if (!isObjectType(type)) continue;
      for (const name of Object.keys(type.getFields()))
        set<Group>(type.name, name, (group) => measured(group, part as Part, propertyNamed(object, name)));
    }
  }
  return schema;
}

/** The row that is referred to; of one that is missing its key alone, as the referring row has it. Null where that says nothing. */
function referred(reference: Reference, source: Entity, { rows }: Context): Entity | null {
  if (source.isMissing) return null;
  const { to, columns } = reference;
  if (columns.some(({ from }) => valueOf(source.row, from) === null)) return null;
  const [row] = referredTo(reference, source.row, rows);
  if (row !== undefined) return { object: to, row, isMissing: false };
  const known = new Map(columns.map(({ from, to: property }) => [property.name, source.row.get(from.name)!]));
  return { object: to, row: known, isMissing: true };
}

/** The rows that refer to a row; null where it is missing, and nobody knows of it. */
function referring(reference: Reference, { row, isMissing }: Entity, rows: Rows): Row[] | null {
  // The subgraph of another domain knows of a missing row as much as of any: its key.
  const { fromProduct, toProduct } = reference;
  return isMissing && domainOf(fromProduct) === domainOf(toProduct) ? null : referringTo(reference, row, rows);
}

/** The SDL of all products together, without the words of federation. */
function plainSdl(products: ManagedProducts): DocumentNode {
  return visit(parse(subgraphSdl(products)), {
    SchemaExtension: () => null,
    Directive: ({ name }) => (name.value === 'deprecated' ? undefined : null),
  });
}

function rootsNullable(sdl: DocumentNode): DocumentNode {
  return visit(sdl, {
    ObjectTypeDefinition: (node) => (node.name.value === 'Query' ? undefined : false),
    FieldDefinition: (node) => (node.type.kind === Kind.NON_NULL_TYPE ? { ...node, type: node.type.type } : undefined),
  });
}
