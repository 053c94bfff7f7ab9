import type { FieldNode } from 'graphql';
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
    const { object, table } = type;
    const asked = collectFields(selection.info, object.type, nodes);
    if (asked.length === 0) return [];
    const fields = selectFields(selection, object.type, nodes, { rows: count, depth: 0 });
    const keyOf = keyReader(type);
    const keys = onceEach((variables: Variables) => given(variables).map(keyOf));
    const keyColumns = object.key.map((property, index): Bound => {
      const of = (variables: Variables) => keys(variables).map((key) => key?.[index] ?? null);
      return { of, pgType: `${parameterType(property)}[]` };
    });
    return [{ object, table, keyColumns, fields }];
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

/** The key's values as texts to bind; null where it is of another type, one is missing, or none that the column could hold. */
function keyReader({ object }: EntityType): (representation: Representation) => string[] | null {
  const key = object.key.map((property) => ({ field: property.field, parse: valueParser(property) }));
  return (representation) => {
    if (representation['__typename'] !== object.type) return null;
    const values = key.map(({ field, parse }) => parse(representation[field]));
    return values.every((value) => value !== null) ? values : null;
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
