import type { FieldNode } from 'graphql';
import type { Property } from '../../schema/contract/model.ts';
import { badInput } from './bad-input.ts';
import { collectFields } from './collect-fields.ts';
import type { EntityType } from './entity-types.ts';
import type { Bound, Entities, Fetch } from './fetch.ts';
import { valueParser } from './parse-value.ts';
import { selectFields } from './select.ts';
import type { Selection } from './selection.ts';
import { converted, type Variables } from './slot.ts';
import { parameterType } from './values.ts';

type Representation = Readonly<Record<string, unknown>>;

/**
 * `Query._entities`: one statement for all representations, of several types too. Their order and duplicates are kept; what has
 * no row, or whose key is incomplete or cannot be one, is null.
 */
export function selectEntities(
  selection: Selection,
  nodes: readonly FieldNode[],
  representations: unknown,
): Fetch & { kind: 'entities' } {
  const given = onceEach(converted(representations, (value) => representationsOf(selection, value)));
  const count = (variables: Variables): number => given(variables).length;
  const types = [...selection.types.values()].flatMap((type): Entities[] => {
    const { object, table, furtherKeys } = type;
    const asked = collectFields(selection.info, object.type, nodes);
    if (asked.length === 0) return [];
    const fields = selectFields(selection, object.type, nodes, { rows: count, depth: 0 });
    const keyOf = keyReader(type);
    const keys = onceEach((variables: Variables) => given(variables).map(keyOf));
    const columns = [...object.key, ...furtherKeys].map((property, index): Bound => {
      const of = (variables: Variables) => keys(variables).map((key) => key?.[index] ?? null);
      return { of, pgType: `${parameterType(property)}[]` };
    });
    const further = furtherKeys.map((property, index) => ({ property, column: columns[object.key.length + index]! }));
    return [{ object, table, keyColumns: columns.slice(0, object.key.length), furtherKeys: further, fields }];
  });
  return { kind: 'entities', types, count };
}

/** The type's name of each representation. */
export function typesAsked(representations: unknown): string[] {
  return (representations as readonly Representation[]).map((item) => String(item['__typename']));
}

function representationsOf({ types }: Selection, value: unknown): readonly Representation[] {
  const items = value as readonly unknown[];
  return items.map((item) => {
    const representation = (typeof item === 'object' && item !== null ? item : {}) as Representation;
    const name = String(representation['__typename']);
    if (!types.has(name))
      throw badInput('_entities(representations:)', `has one of type ${name.slice(0, 100)}, which is no entity here.`);
    return representation;
  });
}

/**
 * Texts to bind for the key's properties, then for the further keys: of the first key that is given whole, all else null. Null where
 * it is of another type, or none of its keys is one that the columns could hold.
 */
function keyReader({
  object,
  furtherKeys,
}: EntityType): (representation: Representation) => readonly (string | null)[] | null {
  const reader = (property: Property) => ({ field: property.field, parse: valueParser(property) });
  const [key, further] = [object.key.map(reader), furtherKeys.map(reader)];
  return (representation) => {
    if (representation['__typename'] !== object.type) return null;
    const values = key.map(({ field, parse }) => parse(representation[field]));
    if (values.every((value) => value !== null)) return values;
    for (const [index, { field, parse }] of further.entries()) {
      const text = parse(representation[field]);
      if (text !== null) return [...values.fill(null), ...further.map((_, at) => (at === index ? text : null))];
    }
    return null;
  };
}

/** Asked for by each parameter in turn, computed for the first. */
function onceEach<Value>(compute: (variables: Variables) => Value): (variables: Variables) => Value {
  let last: { readonly variables: Variables; readonly value: Value } | null = null;
  return (variables) => {
    if (last?.variables !== variables) last = { variables, value: compute(variables) };
    return last.value;
  };
}
