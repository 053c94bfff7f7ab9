import type { GraphQLFormattedError } from 'graphql';
import type { SubgraphAnswer } from '../context.ts';

/** Representations of entities as JSON, each once. */
export interface DistinctEntities {
  readonly json: string;
  readonly count: number;
  /** For each that was asked for, which of them it is; null where all of them differ. */
  readonly positions: readonly number[] | null;
}

/** Of equal representations one is asked for. Those of one plan have their keys in one order, so equal ones are equal as text. */
export function distinctEntities(representations: readonly unknown[]): DistinctEntities {
  const known = new Map<string, number>();
  const positions: number[] = [];
  for (const representation of representations) {
    const text = JSON.stringify(representation);
    const at = known.get(text) ?? known.size;
    if (at === known.size) known.set(text, at);
    positions.push(at);
  }
  const count = known.size;
  return {
    json: `[${[...known.keys()].join(',')}]`,
    count,
    positions: count === positions.length ? null : positions,
  };
}

/** The answer for all that were asked for: what was said of one entity is said wherever it stands. */
export function spreadEntities(
  { data, errors }: SubgraphAnswer,
  positions: readonly number[],
  maxErrors: number,
): SubgraphAnswer {
  const answered = data?.['_entities'];
  return {
    data: Array.isArray(answered)
      ? { ...data, _entities: positions.map((at) => answered[at] as unknown) }
      : (data ?? null),
    ...(errors && { errors: errors.flatMap((error) => spreadError(error, positions)).slice(0, maxErrors) }),
  };
}

function spreadError(error: GraphQLFormattedError, positions: readonly number[]): GraphQLFormattedError[] {
  const [root, at, ...below] = error.path ?? [];
  if (root !== '_entities' || typeof at !== 'number') return [error];
  return positions.flatMap((one, place) => (one === at ? [{ ...error, path: [root, place, ...below] }] : []));
}
