import { GraphQLError, type GraphQLResolveInfo } from 'graphql';
import type { Property, SchemaObject } from '../../schema/contract/model.ts';
import type { EntityTypes } from './entity-types.ts';
import type { Bound, Fetch } from './fetch.ts';
import { parseValue } from './parse-value.ts';
import type { Limits } from './limits.ts';
import { selectFields, type RowBudget } from './select.ts';
import { parameterType } from './values.ts';

/** What an entity's object carries beside its fields: the name of its type, where no response key can be. */
export const TYPE = Symbol('type');

type Representation = Readonly<Record<string, unknown>>;

/** The representations of one type: keys without duplicates, and for each representation which of them is its. */
interface Group {
  readonly keys: Map<string, readonly string[]>;
  readonly places: { index: number; key: string | null }[];
}

/**
 * Answers `Query._entities`: representations are grouped by type, and each type is one fetch of its distinct keys. Order
 * and duplicates are kept; what has no row, or whose key is incomplete or cannot be one, is null.
 */
export async function resolveEntities(
  deps: { types: EntityTypes; limits: Limits; budget: RowBudget; run: (fetch: Fetch) => Promise<unknown> },
  representations: readonly unknown[],
  info: GraphQLResolveInfo,
): Promise<unknown[]> {
  const answers: unknown[] = representations.map(() => null);
  const groups = [...grouped(deps.types, representations)];
  await Promise.all(
    groups.map(async ([typeName, { keys, places }]) => {
      if (keys.size === 0) return;
      const { object, table } = deps.types.get(typeName)!;
      const found = [...keys.values()];
      const place = { rows: found.length, depth: 0 };
      const fields = selectFields({ ...deps, info }, typeName, info.fieldNodes, place);
      const keyColumns = object.key.map((property, index): Bound => {
        return { value: found.map((key) => key[index]!), pgType: `${parameterType(property)}[]` };
      });
      const rows = (await deps.run({ kind: 'entities', object, table, keyColumns, fields })) as (object | null)[];
      const byKey = new Map([...keys.keys()].map((key, index) => [key, rows[index] ?? null]));
      for (const { index, key } of places) {
        const row = key === null ? null : (byKey.get(key) ?? null);
        answers[index] = row === null ? null : Object.assign(row, { [TYPE]: typeName });
      }
    }),
  );
  return answers;
}

function grouped(types: EntityTypes, representations: readonly unknown[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const [index, item] of representations.entries()) {
    const representation = (typeof item === 'object' && item !== null ? item : {}) as Representation;
    const typeName = String(representation['__typename']);
    const type = types.get(typeName);
    if (type === undefined)
      throw new GraphQLError(`A representation is of type ${typeName.slice(0, 100)}, which is no entity here.`);
    const group = groups.get(typeName) ?? { keys: new Map<string, readonly string[]>(), places: [] };
    groups.set(typeName, group);
    const values = keyValues(type.object, (property) => storedValue(property, representation[property.field]));
    const key = values === null ? null : JSON.stringify(values);
    if (values !== null && key !== null) group.keys.set(key, values);
    group.places.push({ index, key });
  }
  return groups;
}

/** The key's values as texts to bind; null where one is missing, or none that the column could hold. */
export function keyValues(object: SchemaObject, valueOf: (property: Property) => unknown): string[] | null {
  const values = object.key.map((property) => parseValue(property, valueOf(property)));
  return values.every((value) => value !== null) ? values : null;
}

/** A representation comes as the graph showed it: of an enum, the member's name. */
function storedValue(property: Property, value: unknown): unknown {
  if (property.enum === null) return value;
  return property.enum.members.find(({ name }) => name === value)?.value;
}
