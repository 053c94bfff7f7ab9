import type { GraphQLObjectType } from 'graphql';
import { badInput } from './bad-input.ts';
import { argumentsOf, type Selected } from './collect-fields.ts';
import { selectEntities } from './entities.ts';
import type { EntityType, EntityTypes } from './entity-types.ts';
import type { Fetch } from './fetch.ts';
import { valueParser } from './parse-value.ts';
import { selectAggregate } from './select-aggregate.ts';
import { selectConnection, selectFields } from './select.ts';
import type { Selection } from './selection.ts';
import { converted } from './slot.ts';
import { parameterType } from './values.ts';

/** What a root field selects, as a fetch. Throws BAD_INPUT. */
export type SelectRoot = (selection: Selection, query: GraphQLObjectType, selected: Selected) => Fetch;

/** Every root field of the managed products but `_service`, by its name. */
export function rootFields(types: EntityTypes): ReadonlyMap<string, SelectRoot> {
  const fields = new Map<string, SelectRoot>([
    ['__typename', (_selection, { name }) => ({ kind: 'name', name })],
    [
      '_entities',
      (selection, query, selected) => {
        const { representations } = argumentsOf(selection.info, query, selected);
        return selectEntities(selection, selected.nodes, representations);
      },
    ],
  ]);
  for (const type of types.values()) {
    const { object, table } = type;
    if (table === null) continue;
    fields.set(object.oneField, (selection, query, selected) => selectOne(selection, query, type, selected));
    fields.set(object.listField, (selection, query, selected) => ({
      kind: 'list',
      connection: selectConnection(selection, query, type, selected),
    }));
    fields.set(object.aggregateField, (selection, query, selected) => ({
      kind: 'aggregate',
      aggregate: selectAggregate(selection, query, type, selected),
    }));
  }
  return fields;
}

function selectOne(
  selection: Selection,
  query: GraphQLObjectType,
  { object, table }: EntityType,
  selected: Selected,
): Fetch {
  if (table === null) throw new Error(`${object.type} has no table here`);
  const args = argumentsOf(selection.info, query, selected);
  const keyValues = object.key.map((property) => {
    const parse = valueParser(property);
    const of = converted(args[property.field], (value) => {
      const text = parse(value);
      if (text === null) throw badInput(selected.name, 'has an argument that the key cannot hold.');
      return text;
    });
    return { of, pgType: parameterType(property) };
  });
  return { kind: 'one', table, keyValues, fields: selectFields(selection, object.type, selected.nodes) };
}
