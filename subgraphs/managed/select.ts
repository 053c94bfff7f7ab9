import type { FieldNode, GraphQLObjectType } from 'graphql';
import { badInput } from './bad-input.ts';
import { argumentsOf, collectFields, type Selected } from './collect-fields.ts';
import { requireEntityType, type EntityType } from './entity-types.ts';
import type { Bound, Condition, Connection, ConnectionField, EdgeField, Field, Page, PageInfoField } from './fetch.ts';
import { readOrder } from './order.ts';
import { readPage } from './page.ts';
import { selectAggregate } from './select-aggregate.ts';
import { namedType, objectType, ROOT, type Place, type Selection } from './selection.ts';
import type { Variables } from './slot.ts';
import { readWhere } from './where.ts';

/** The fields selected of an object type, whole subtree; `rows` of it may come. */
export function selectFields(
  selection: Selection,
  typeName: string,
  nodes: readonly FieldNode[],
  place: Place = ROOT,
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
    case 'aggregate': {
      const child = requireEntityType(selection.types, meaning.reference.from.type);
      const aggregate = selectAggregate(selection, objectType(selection, type), child, selected, below);
      return { kind: 'aggregate', key, aggregate: { ...aggregate, parent: meaning.reference } };
    }
  }
}

/** A connection field of `parent` (of `Query` too) with its arguments and whole subtree. */
export function selectConnection(
  selection: Selection,
  parent: GraphQLObjectType,
  child: EntityType,
  selected: Selected,
  { rows, depth }: Place = ROOT,
): Connection {
  const { object, table } = child;
  if (table === null) throw new Error(`${object.type} has no table here`);
  const args = argumentsOf(selection.info, parent, selected);
  const place = parent.name === 'Query' ? selected.name : `${parent.name}.${selected.name}`;
  const order = readOrder(`${place}(orderBy:)`, object, args['orderBy']);
  const page = readPage(place, object, order, args, selection.limits);
  const within = { rows: (variables: Variables) => rows(variables) * page.size(variables), depth };
  const type = namedType(parent, selected.name);
  const fields = collectFields(selection.info, type.name, selected.nodes);
  const asksRows = fields.some(({ name }) => name === 'nodes' || name === 'edges');
  const where = readWhere(selection, `${place}(where:)`, child, args['where']);
  // Arguments by which nothing is read are refused all the same where they make no sense.
  selection.budget.push({ place, rows: asksRows ? within.rows : (variables) => noRows(page, where, variables) });
  return {
    table,
    parent: null,
    where,
    order,
    page,
    fields: fields.map((field) => connectionField(selection, type, object.type, field, within)),
  };
}

function noRows({ size, after, before }: Page, where: Condition | null, variables: Variables): number {
  size(variables);
  for (const value of [...(after ?? []), ...(before ?? []), ...valuesOf(where)]) value.of(variables);
  return 0;
}

/** What a condition compares with. */
function valuesOf(condition: Condition | null): Bound[] {
  switch (condition?.kind) {
    case 'and':
    case 'or':
      return condition.of.flatMap(valuesOf);
    case 'not':
    case 'related':
      return valuesOf(condition.of);
    case 'compare':
    case 'oneOf':
      return [condition.value];
    default:
      return [];
  }
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
