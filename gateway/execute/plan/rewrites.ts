import type { FetchNodePathSegment, FetchRewrite, KeyRenamer, ValueSetter } from '@graphql-hive/router-query-planner';
import type { TypeConditions } from './type-conditions.ts';
import { type Entity, isEntity } from './tree.ts';

/** Changes data as a plan says, in place: what a subgraph is asked with, or what it answered. */
export type Rewrite = (value: unknown) => void;

/** Null where there is nothing to rewrite. */
export function compileRewrites(rewrites: readonly FetchRewrite[] = [], types: TypeConditions): Rewrite | null {
  if (rewrites.length === 0) return null;
  const each = rewrites.map((rewrite) => compileRewrite(rewrite, types));
  return (value) => {
    for (const rewrite of each) rewrite(value);
  };
}

function compileRewrite(rewrite: FetchRewrite, types: TypeConditions): Rewrite {
  if ('KeyRenamer' in rewrite) return renamer(rewrite.KeyRenamer, types);
  return setter('ValueSetter' in rewrite ? rewrite.ValueSetter : rewrite, types);
}

function renamer({ path, renameKeyTo }: KeyRenamer, types: TypeConditions): Rewrite {
  return atParents(path, types, (parent, key) => {
    if (parent[key] === undefined) return;
    parent[renameKeyTo] = parent[key];
    parent[key] = undefined;
  });
}

function setter({ path, setValueTo }: ValueSetter, types: TypeConditions): Rewrite {
  return atParents(path, types, (parent, key) => {
    parent[key] = setValueTo;
  });
}

/** Calls with each object that has the path's last key, lists gone through element by element. */
function atParents(
  path: readonly FetchNodePathSegment[],
  types: TypeConditions,
  change: (parent: Entity, key: string) => void,
): Rewrite {
  const step = (value: unknown, at: number): void => {
    if (Array.isArray(value)) for (const item of value) step(item, at);
    if (!isEntity(value)) return;
    const segment = path[at];
    if (segment === undefined) return;
    if ('TypenameEquals' in segment) {
      if (segment.TypenameEquals.some((name) => types.fits(value['__typename'], name))) step(value, at + 1);
    } else if (at === path.length - 1) change(value, segment.Key);
    else step(value[segment.Key], at + 1);
  };
  return (value) => step(value, 0);
}
