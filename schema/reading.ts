import type { ExecutionResult } from 'graphql';
import type { DomainModel, Mesh } from './contract/model.ts';
import type { ProductId } from './ids.ts';
import type { LiveDataset } from './ledger/datasets.ts';

/** What one operation reads with: one dataset version of each product, fixed when it starts. */
export interface Reading {
  /** Products without data are absent: they read as empty. */
  readonly datasets: ReadonlyMap<ProductId, LiveDataset>;
  /** Every product that the operation touched is added: what `extensions.dataProducts` says. */
  readonly productsRead: Set<ProductId>;
  /** Fires when the client has gone or the time is up. */
  readonly signal: AbortSignal;
}

export interface SubgraphRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
}

/** Executes one federation request (root fields or `_entities`) on a managed subgraph. */
export type ExecuteSubgraph = (request: SubgraphRequest, reading: Reading) => Promise<ExecutionResult>;

/** Makes a domain's managed products executable: what the composition root hands from `subgraphs` to `gateway`. */
export type OpenSubgraph = (model: DomainModel, mesh: Mesh) => ExecuteSubgraph;
