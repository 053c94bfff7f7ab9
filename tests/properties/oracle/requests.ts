import {
  getArgumentValues,
  getNamedType,
  isObjectType,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
} from 'graphql';
import { collectSubfields } from 'graphql/execution/collectFields.js';
import type { SchemaObject } from '../../../schema/contract/model.ts';
import { readAggregate } from './aggregate.ts';
import type { Bounds, Meanings } from './meanings.ts';
import { readOrder, readPage } from './paging.ts';
import { refused } from './values.ts';
import { readWhere } from './where.ts';

type Info = Pick<GraphQLResolveInfo, 'schema' | 'fragments' | 'variableValues'>;
type Nodes = readonly FieldNode[];

/**
 * Looks at a root field's whole selection before anything is answered: arguments anywhere in it are refused for all of it, and so is
 * what asks too much. Answers how many rows may come, pages within pages.
 */
export function rowsAsked(
  meanings: Meanings,
  bounds: Bounds,
  info: Info,
  parent: GraphQLObjectType,
  nodes: Nodes,
): number {
  let total = 0;
  // What is refused is so whatever the rows are.
  const world = { meanings, bounds, rows: new Map() };
  const fields = (type: GraphQLObjectType, of: Nodes) =>
    [...collectSubfields(info.schema, info.fragments, info.variableValues, type, of)].filter(
      ([, [node]]) => node?.name.value !== '__typename',
    );
  const row = (type: GraphQLObjectType, of: Nodes, rows: number, depth: number): void => {
    if (depth > bounds.depthMax) throw refused('is nested too deep');
    for (const [, found] of fields(type, of)) {
      const name = found[0]!.name.value;
      if (meanings.reference(type.name, name) !== null) row(typeOf(type, name), found, rows, depth + 1);
      const reverse = meanings.reverse(type.name, name);
      if (reverse !== null) connection(reverse.from, type, found, rows, depth + 1);
      const aggregated = meanings.reverseAggregate(type.name, name);
      if (aggregated !== null) aggregate(aggregated.from, type, found, rows);
    }
  };
  const aggregate = (object: SchemaObject, of: GraphQLObjectType, [node]: Nodes, rows: number): void => {
    const args = getArgumentValues(of.getFields()[node!.name.value]!, node!, info.variableValues);
    const { groupBy, first } = readAggregate(world, object, args);
    total += rows * (groupBy.length === 0 ? Math.min(1, first) : first);
  };
  const connection = (object: SchemaObject, of: GraphQLObjectType, found: Nodes, rows: number, depth: number): void => {
    const [node] = found;
    const args = getArgumentValues(of.getFields()[node!.name.value]!, node!, info.variableValues);
    const { size } = readPage(object, readOrder(object, args['orderBy']), args, bounds);
    readWhere(world, object, args['where']);
    const type = typeOf(of, node!.name.value);
    const asked = fields(type, found);
    if (asked.some(([, [field]]) => ['nodes', 'edges'].includes(field!.name.value))) total += rows * size;
    for (const [, below] of asked) {
      const name = below[0]!.name.value;
      if (name === 'nodes') row(typeOf(type, name), below, rows * size, depth);
      if (name === 'edges')
        for (const [, [...edge]] of fields(typeOf(type, name), below))
          if (edge[0]!.name.value === 'node') row(typeOf(typeOf(type, name), 'node'), edge, rows * size, depth);
    }
  };
  const name = nodes[0]!.name.value;
  const type = typeOf(parent, name);
  const listed = [...meanings.objects.values()].find(({ listField }) => listField === name);
  if (listed !== undefined) connection(listed, parent, nodes, 1, 0);
  else if (meanings.objects.has(type.name)) row(type, nodes, 1, 0);
  const aggregated = [...meanings.objects.values()].find(({ aggregateField }) => aggregateField === name);
  if (aggregated !== undefined) aggregate(aggregated, parent, nodes, 1);
  return total;
}

function typeOf(parent: GraphQLObjectType, field: string): GraphQLObjectType {
  const type = getNamedType(parent.getFields()[field]?.type);
  if (!isObjectType(type)) throw new Error(`${parent.name}.${field} is of no object type`);
  return type;
}
