import type { FetchRewrite } from '@graphql-hive/router-query-planner';
import type { GraphQLFormattedError } from 'graphql';

/** Where something stands in the data. */
export type Trail = readonly (string | number)[];

/**
 * A subgraph's error at each place in the data that it is of, without one where there is none to tell; it names the subgraph. `rest` is
 * where it is beneath these places.
 */
export function placed(
  { message, extensions }: GraphQLFormattedError,
  serviceName: string,
  trails: readonly Trail[],
  rest: Trail,
): GraphQLFormattedError[] {
  // Locations are of the text that the subgraph was asked with, which the client has not written.
  const told = { message, extensions: { ...extensions, serviceName } };
  return trails.length === 0 ? [told] : trails.map((trail) => ({ ...told, path: [...trail, ...rest] }));
}

/** New names of the keys that a plan renames in what a subgraph answers. */
export function newNames(rewrites: readonly FetchRewrite[] = []): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const rewrite of rewrites) {
    const last = 'KeyRenamer' in rewrite ? rewrite.KeyRenamer.path.at(-1) : undefined;
    if ('KeyRenamer' in rewrite && last !== undefined && 'Key' in last)
      names.set(last.Key, rewrite.KeyRenamer.renameKeyTo);
  }
  return names;
}

/** A path by the new names. */
export function renamed(path: Trail = [], names: ReadonlyMap<string, string>): Trail {
  return names.size === 0 ? path : path.map((part) => (typeof part === 'string' ? (names.get(part) ?? part) : part));
}
