import type { Pool } from '../../schema/ledger/connect.ts';
import type { Actor } from '../actor.ts';
import type { HostRules } from '../execute/allowed-hosts.ts';
import type { Graph } from '../graph.ts';
import type { Loaders } from './loaders.ts';

/** What the catalog stands on. */
export interface CatalogDeps {
  readonly ledger: Pool;
  readonly graph: Graph;
  readonly hosts: HostRules;
  /** Where people find the Temporal Web UI; null where nobody said. */
  readonly temporalUi: { readonly url: string; readonly namespace: string } | null;
}

/** The same for one operation. */
export interface CatalogContext extends CatalogDeps {
  readonly actor: Actor;
  readonly loaders: Loaders;
}
