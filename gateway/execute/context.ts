import type { ExecutionResult } from 'graphql';
import type { StoredSubgraph } from '../../schema/ledger/supergraphs.ts';
import type { Reading, SubgraphRequest } from '../../schema/reading.ts';
import type { Actor } from '../actor.ts';
import type { Serving } from '../serving.ts';

/** What belongs to one operation, from its start to its answer. */
export interface OperationContext {
  readonly actor: Actor;
  /** The graph that it runs on, and all that belongs to it. */
  readonly serving: Serving;
  /** One dataset version of each product, fixed now. */
  readonly reading: Reading;
  /** Remote subgraphs that were asked: what `extensions.dataProducts` names besides the reading. */
  readonly remotesRead: Set<NonNullable<StoredSubgraph['productId']>>;
}

/** Executes a request on a subgraph of this process, knowing who asks. */
export type ExecuteInProcess = (request: SubgraphRequest, context: OperationContext) => Promise<ExecutionResult>;
