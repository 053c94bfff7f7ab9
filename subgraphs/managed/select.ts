import { getNamedType, isObjectType, type FieldNode, type GraphQLObjectType, type GraphQLResolveInfo } from 'graphql';
import { badInput } from './bad-input.ts';
import { argumentsOf, collectFields, type Selected } from './collect-fields.ts';
import { requireEntityType, type EntityType, type EntityTypes } from './entity-types.ts';
import type { Connection, ConnectionField, EdgeField, Field, PageInfoField } from './fetch.ts';
import type { Limits } from './limits.ts';
import { readOrder } from './order.ts';
import { readPage } from './page.ts';
import { readWhere } from './where.ts';

/** What a selection is read with. `budget` is shared by all root fields of a request. */
export interface Selection {
  readonly types: EntityTypes;
  readonly limits: Limits;
  readonly info: GraphQLResolveInfo;
  readonly budget: RowBudget;
}

/** How many rows a request has asked for so far, at most. */
export interface RowBudget {
  rows: number;
}

/** Where in the selection: how many rows may be at this level, and how deep it lies. */
interface Place {
  readonly rows: number;
  readonly depth: number;
}

/** The fields selected of an object type, whole subtree; `rows` of it may come. */
export function selectFields(
  selection: Selection,
  typeName: string,
  nodes: readonly FieldNode[],
  place: Place = { rows: 1, depth: 0 },
): Field[] {
  const entity = requireEntityType(selection.types, typeName);
  if (place.depth > selection.limits.depthMax)
    throw badInput(typeName, `is nested deeper than ${selection.limits.depthMax} levels; ask in two queries.`);
  return collectFields(selection.info, typeName, nodes).map((selected) =>
    selectField(selection, entity, selected, place),
  );
}

function selectField(selection: Selection, entity: EntityType, selected: Selected, place: Place): Field {
  const { key, name, nodes } = selected;
  const type = entity.object.type;
  if (name === '__typename') return { kind: 'typename', key, type };
  const meaning = entity.fields.get(name);
  if (meaning === undefined) throw new Error(`The model does not say what ${type}.${name} is`);
  const below = { rows: place.rows, depth: place.depth + 1 };
  switch (meaning.kind) {
    case 'column':
      return { kind: 'column', key, property: meaning.property };
    case 'reference': {
      const { reference } = meaning;
      const { table } = requireEntityType(selection.types, reference.to.type);
      return {
        kind: 'reference',
        key,
        reference,
        table,
        fields: selectFields(selection, reference.to.type, nodes, below),
      };
    }
    case 'connection': {
      const child = requireEntityType(selection.types, meaning.reference.from.type);
      const connection = selectConnection(selection, objectType(selection, type), child, selected, below);
      return { kind: 'connection', key, connection: { ...connection, parent: meaning.reference } };
    }
  }
}

/** A connection field of `parent` (of `Query` too) with its arguments and whole subtree. */
export function selectConnection(
  selection: Selection,
  parent: GraphQLObjectType,
  child: EntityType,
  selected: Selected,
  { rows, depth }: Place = { rows: 1, depth: 0 },
): Connection {
  const { object, table } = child;
  if (table === null) throw new Error(`${object.type} has no table here`);
  const args = argumentsOf(selection.info, parent, selected);
  const place = parent.name === 'Query' ? selected.name : `${parent.name}.${selected.name}`;
  const order = readOrder(`${place}(orderBy:)`, object, args['orderBy']);
  const page = readPage(place, object, order, args, selection.limits);
  const within = { rows: rows * page.first, depth };
  const type = namedType(parent, selected.name);
  const fields = collectFields(selection.info, type.name, selected.nodes);
  if (fields.some(({ name }) => name === 'nodes' || name === 'edges')) spend(selection, place, within.rows);
  return {
    table,
    parent: null,
    where: readWhere(`${place}(where:)`, object, args['where']),
    order,
    page,
    fields: fields.map((field) => connectionField(selection, type, object.type, field, within)),
  };
}

function connectionField(
  selection: Selection,
  type: GraphQLObjectType,
  row: string,
  { key, name, nodes }: Selected,
  within: Place,
): ConnectionField {
  const { info } = selection;
  switch (name) {
    case '__typename':
      return { kind: 'typename', key, type: type.name };
    case 'nodes':
      return { kind: 'nodes', key, fields: selectFields(selection, row, nodes, within) };
    case 'totalCount':
      return { kind: 'totalCount', key };
    case 'edges': {
      const edge = namedType(type, name).name;
      const fields = collectFields(info, edge, nodes).map((item): EdgeField => {
        if (item.name === '__typename') return { kind: 'typename', key: item.key, type: edge };
        if (item.name === 'cursor') return { kind: 'cursor', key: item.key };
        return { kind: 'node', key: item.key, fields: selectFields(selection, row, item.nodes, within) };
      });
      return { kind: 'edges', key, fields };
    }
    case 'pageInfo': {
      const fields = collectFields(info, 'PageInfo', nodes).map((item): PageInfoField => {
        if (item.name === '__typename') return { kind: 'typename', key: item.key, type: 'PageInfo' };
        return { kind: item.name as Exclude<PageInfoField['kind'], 'typename'>, key: item.key };
      });
      return { kind: 'pageInfo', key, fields };
    }
    default:
      throw new Error(`A connection has no field ${name}`);
  }
}

function spend({ budget, limits }: Selection, place: string, rows: number): void {
  budget.rows += rows;
  if (budget.rows > limits.rowsMax)
    throw badInput(
      place,
      `makes this request ask for up to ${budget.rows} rows, pages within pages; the limit is ${limits.rowsMax}: lower first.`,
    );
}

/** An object type of the subgraph's schema. */
export function objectType({ info }: Pick<Selection, 'info'>, name: string): GraphQLObjectType {
  const type = info.schema.getType(name);
  if (!isObjectType(type)) throw new Error(`The schema has no object type ${name}`);
  return type;
}

/** The object type that a field answers, its lists and non-nulls taken off. */
export function namedType(parent: GraphQLObjectType, field: string): GraphQLObjectType {
  const type = getNamedType(parent.getFields()[field]?.type);
  if (!isObjectType(type)) throw new Error(`${parent.name}.${field} is of no object type`);
  return type;
}
