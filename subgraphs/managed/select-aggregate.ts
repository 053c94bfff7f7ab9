import type { GraphQLObjectType } from 'graphql';
import {
  AGGREGATE_PARTS,
  dateUnits,
  partScalar,
  type AggregatePart,
  type DateUnit,
} from '../../schema/contract/graph-names.ts';
import type { Property, RowValue, Scalar, SchemaObject } from '../../schema/contract/model.ts';
import { badInput } from './bad-input.ts';
import { argumentsOf, collectFields, type Selected } from './collect-fields.ts';
import type { EntityType } from './entity-types.ts';
import type { Aggregate, AggregateField, AggregateTerm, Direction, Grouping } from './fetch.ts';
import { onlyEntry } from './order.ts';
import { readSize } from './page.ts';
import { namedType, ROOT, type Place, type Selection } from './selection.ts';
import type { Variables } from './slot.ts';
import { readWhere } from './where.ts';

/** An aggregate field of `parent` (of `Query` too) with its arguments and whole subtree. Each group counts as a row. */
export function selectAggregate(
  selection: Selection,
  parent: GraphQLObjectType,
  entity: EntityType,
  selected: Selected,
  { rows }: Place = ROOT,
): Aggregate {
  const { object, table } = entity;
  if (table === null) throw new Error(`${object.type} has no table here`);
  const args = argumentsOf(selection.info, parent, selected);
  const place = parent.name === 'Query' ? selected.name : `${parent.name}.${selected.name}`;
  const groupBy = readGroupBy(`${place}(groupBy:)`, object, args['groupBy']);
  const first = readSize(`${place}(first:)`, args['first'], selection.limits);
  // Without `groupBy` there is one group at most.
  const groups = (variables: Variables): number =>
    groupBy.length === 0 ? Math.min(1, first(variables)) : first(variables);
  selection.budget.push({ place, rows: (variables) => rows(variables) * groups(variables) });
  return {
    table,
    parent: null,
    where: readWhere(selection, `${place}(where:)`, entity, args['where']),
    groupBy,
    order: readAggregateOrder(`${place}(orderBy:)`, object, groupBy, args['orderBy']),
    first,
    fields: aggregateFields(selection, object, namedType(parent, selected.name), selected),
  };
}

function aggregateFields(
  selection: Selection,
  object: SchemaObject,
  type: GraphQLObjectType,
  { nodes }: Selected,
): AggregateField[] {
  return collectFields(selection.info, type.name, nodes).map((selected): AggregateField => {
    const { key, name } = selected;
    if (name === '__typename') return { kind: 'typename', key, type: type.name };
    if (name === 'count') return { kind: 'measure', key, measure: { over: 'rows' }, scalar: 'BigInt' };
    const measure = object.measures.find(({ field }) => field === name);
    if (measure !== undefined)
      return { kind: 'measure', key, measure: { over: 'expression', measure }, scalar: measure.scalar };
    const part = partNamed(name);
    const partType = namedType(type, name);
    const fields = collectFields(selection.info, partType.name, selected.nodes).map((item): AggregateField => {
      if (item.name === '__typename') return { kind: 'typename', key: item.key, type: partType.name };
      const place = `${type.name}.${name}`;
      if (part === 'key')
        return { kind: 'groupKey', key: item.key, property: requireRowValue(place, object, item.name) };
      const property = requireProperty(place, object, item.name);
      const scalar = partScalar(property, part) as Scalar;
      return { kind: 'measure', key: item.key, measure: { over: part, property }, scalar };
    });
    return { kind: 'object', key, fields };
  });
}

function readGroupBy(place: string, object: SchemaObject, groupBy: unknown): Grouping[] {
  const items = (groupBy as readonly { readonly property: string; readonly truncate?: DateUnit | null }[] | null) ?? [];
  const groupings = new Map<string, Grouping>();
  for (const item of items) {
    const property = requireRowValue(place, object, item.property);
    const unit = item.truncate ?? null;
    const units = dateUnits(property);
    if (unit !== null && !units.includes(unit))
      throw badInput(
        place,
        `cannot truncate ${property.field} to ${unit}: ${units.length === 0 ? `${property.scalar} has no units` : `it has ${units.join(', ')}`}.`,
      );
    const known = groupings.get(property.name);
    if (known !== undefined && known.unit !== unit)
      throw badInput(place, `has ${property.field} twice, in two units; a group has one key of it.`);
    groupings.set(property.name, { property, unit });
  }
  return [...groupings.values()];
}

function readAggregateOrder(
  place: string,
  object: SchemaObject,
  groupBy: readonly Grouping[],
  orderBy: unknown,
): AggregateTerm[] {
  const items = (orderBy as readonly Readonly<Record<string, unknown>>[] | null | undefined) ?? [];
  return items.map((item): AggregateTerm => {
    const [name, value] = onlyEntry(place, item);
    if (name === 'count') return { by: 'measure', measure: { over: 'rows' }, direction: value as Direction };
    const measure = object.measures.find((candidate) => candidate.field === name);
    if (measure !== undefined)
      return { by: 'measure', measure: { over: 'expression', measure }, direction: value as Direction };
    const [field, direction] = onlyEntry(`${place}.${name}`, value as Readonly<Record<string, unknown>>);
    const part = partNamed(name);
    if (part !== 'key') {
      const property = requireProperty(place, object, field);
      return { by: 'measure', measure: { over: part, property }, direction: direction as Direction };
    }
    const property = requireRowValue(place, object, field);
    if (!groupBy.some((grouping) => grouping.property === property))
      throw badInput(place, `orders by the key ${field}, which groupBy does not have.`);
    return { by: 'groupKey', property, direction: direction as Direction };
  });
}

function partNamed(name: string): AggregatePart {
  const part = AGGREGATE_PARTS.find((candidate) => candidate === name);
  if (part === undefined) throw new Error(`An aggregate has no part ${name}`);
  return part;
}

function requireProperty(place: string, { properties }: SchemaObject, field: string): Property {
  return named(place, properties, field);
}

function requireRowValue(place: string, { properties, dimensions }: SchemaObject, field: string): RowValue {
  return named<RowValue>(place, [...properties, ...dimensions], field);
}

function named<Item extends RowValue>(place: string, items: readonly Item[], field: string): Item {
  const item = items.find((candidate) => candidate.field === field);
  if (item === undefined) throw badInput(place, `has no property ${field}.`);
  return item;
}
