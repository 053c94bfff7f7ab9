import type { DocumentNode, ExecutionResult } from 'graphql';
import type { ManagedProducts } from './contract/model.ts';
import type { ProductId } from './ids.ts';
import type { Pool } from './ledger/connect.ts';
import type { LiveDataset } from './ledger/datasets.ts';

/** What one operation reads with: one dataset version of each product, fixed when it starts. */
export interface Reading {
  /** Products without data are absent: they read as empty. */
  readonly datasets: ReadonlyMap<ProductId, LiveDataset>;
  /** Every product that the operation touched is added: what `extensions.dataProducts` says. */
  readonly productsRead: Set<ProductId>;
  /** Fires when the client has gone or the time is up. */
  readonly signal: GoneSignal;
  /** Hears of every statement, where somebody wants to see them. */
  readonly watch?: StatementWatch;
}

export interface StatementWatch {
  /** Asks Postgres for its plan too, which runs the statement once more. */
  readonly explain: boolean;
  /** Counts the rows of what each statement answers, which takes a reading of its text. */
  readonly counts: boolean;
  saw(run: StatementRun): void;
  /** Hears, as a sentence, why an operation is answered by graphql-js, a statement for each root field, in place of one for all. */
  fellBack(because: string): void;
}

/** A statement as it was run. */
export interface StatementRun {
  readonly sql: string;
  readonly ms: number;
  /** Of its answer. */
  readonly bytes: number;
  /** Which pool it ran on: `slow` takes what has taken long before. */
  readonly lane: 'quick' | 'slow';
  /** Why it brought nothing: a code of the catalogue, INTERNAL, or TOO_SLOW where it was stopped to begin anew in the other lane. */
  readonly failure?: string;
  /** Objects in the lists of what it answered; only where they are counted. */
  readonly rows?: number;
  /** As EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) has it, rows and times of each step; only where it was asked for. */
  readonly plan?: unknown;
}

/** An AbortSignal, or as much of one as reading needs: Node's own costs more to make than a short statement to send. */
export interface GoneSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options: { once: true }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface SubgraphRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  /** True where it is known to be a query: only then it may be sent twice, or answered by what another was answered. */
  readonly isQuery?: boolean;
}

/** What an operation answers: `data` as JSON text that nothing has to be said about, or a result as GraphQL has it, errors too. */
export type Answer = { readonly json: string } | ExecutionResult;

/** An operation on products of one database alone, parsed, checked and compiled once. */
export interface ManagedOperation {
  /** `variables` as the client sent them. */
  answer(variables: Readonly<Record<string, unknown>>, reading: Reading): Promise<Answer>;
}

/** Products over SQL as a GraphQL service: those of a domain, or all of a database as if they were of one. */
export interface ManagedSubgraph {
  /** Compiles an operation of a document that is valid in a graph of these products; null where it asks for what is not of them, or is no query. */
  compile(document: DocumentNode, operationName: string | null): ManagedOperation | null;
  /** Answers one federation request (root fields or `_entities`); compiled forms are kept as long as they are among the last used. */
  execute(request: SubgraphRequest, reading: Reading): Promise<Answer>;
}

/** Pools of a reading role: one for statements that take milliseconds, one for those that take long. */
export interface ReaderPools {
  readonly quick: Pool;
  readonly slow: Pool;
  /** The server of registered products that they are on, by its contract's name; absent where it is Weft's own. */
  readonly server?: string;
}

/** Makes products over SQL executable: what the composition root hands from `subgraphs` to `gateway`. */
export type OpenSubgraph = (products: ManagedProducts) => ManagedSubgraph;
