import type { FlattenNodePathSegment } from '@graphql-hive/router-query-planner';
import type { TypeConditions } from './type-conditions.ts';
import { type Entity, isEntity } from './tree.ts';

export type Path = readonly FlattenNodePathSegment[];

/** Visits the objects at a path of a plan: `@` stands for each element of a list. */
export function visitAt(
  root: Entity,
  path: Path,
  types: TypeConditions,
  visit: (entity: Entity) => void,
  trail: (string | number)[] = [],
): void {
  const step = (value: unknown, at: number): void => {
    if (value === null || value === undefined) return;
    if (Array.isArray(value)) {
      const next = path[at] === '@' ? at + 1 : at;
      for (let index = 0; index < value.length; index++) {
        trail.push(index);
        step(value[index], next);
        trail.pop();
      }
      return;
    }
    if (!isEntity(value)) return;
    const segment = path[at];
    if (segment === undefined) visit(value);
    else if (segment === '@') step(value, at + 1);
    else if ('Field' in segment) {
      trail.push(segment.Field);
      step(value[segment.Field], at + 1);
      trail.pop();
    }
    // The root's own type, whose name no fetch brings: from a fragment there.
    else if (at === 0 || segment.TypeCondition.some((name) => types.fits(value['__typename'], name)))
      step(value, at + 1);
  };
  step(root, 0);
}
