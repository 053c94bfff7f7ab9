import type { RequiresSelection } from '@graphql-hive/router-query-planner';
import type { TypeConditions } from './type-conditions.ts';
import { type Entity, isEntity } from './tree.ts';

/** What a subgraph is told of an entity; null where what it would need is not there. */
export type Represent = (entity: Entity) => Entity | null;

/** Compiles a plan's `requires`. */
export function compileRepresentation(selections: readonly RequiresSelection[], types: TypeConditions): Represent {
  const take = compileSelections(selections, types);
  return (entity) => {
    const representation: Entity = {};
    return take(entity, representation) && typeof representation['__typename'] === 'string' ? representation : null;
  };
}

/** Takes from an object into another; false where something is missing. */
type Take = (from: Entity, into: Entity) => boolean;

function compileSelections(selections: readonly RequiresSelection[], types: TypeConditions): Take {
  const each = selections.map((selection): Take => {
    if (selection.kind === 'Field') {
      const { name, alias = name, selections: inner = [] } = selection;
      const within = inner.length === 0 ? null : compileSelections(inner, types);
      return (from, into) => {
        const value = taken(from[name], within);
        if (value === undefined) return false;
        into[alias] = value;
        return true;
      };
    }
    if (selection.kind === 'FragmentSpread') throw new Error('A plan requires a fragment that it does not have.');
    const within = compileSelections(selection.selections, types);
    return (from, into) => !types.fits(from['__typename'], selection.typeCondition) || within(from, into);
  });
  return (from, into) => each.every((take) => take(from, into));
}

function taken(value: unknown, within: Take | null): unknown {
  if (within === null || value === null || value === undefined) return value;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => taken(item, within));
    return items.includes(undefined) ? undefined : items;
  }
  if (!isEntity(value)) return value;
  const into: Entity = {};
  return within(value, into) ? into : undefined;
}
