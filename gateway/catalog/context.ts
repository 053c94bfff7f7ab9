import type { Actor } from '../actor.ts';
import type { Graph } from '../serving/graph.ts';
import type { FollowedKeys } from '../keys/followed-keys.ts';
import type { PublishDeps } from '../publishing/publish.ts';
import type { Loaders } from './loaders.ts';

/** What the catalog stands on. */
export interface CatalogDeps extends PublishDeps {
  readonly graph: Graph;
  readonly keys: FollowedKeys;
  /** Where people find the Temporal Web UI; null where nobody said. */
  readonly temporalUi: { readonly url: string; readonly namespace: string } | null;
}

/** The same for one operation. */
export interface CatalogContext extends CatalogDeps {
  readonly actor: Actor;
  readonly loaders: Loaders;
  /** Of the operation's span; null where traces are off. */
  readonly traceparent: string | null;
}
