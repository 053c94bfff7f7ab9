import type { GraphQLFormattedError } from 'graphql';
import type { StoredSubgraph } from '../../schema/ledger/supergraphs.ts';
import type { GoneSignal, Reading, SubgraphRequest } from '../../schema/reading.ts';
import type { Actor } from '../actor.ts';
import type { Serving } from '../serving/serving.ts';
import type { OperationTrace } from '../traces/trace.ts';
import type { FetchRun, RemoteRun } from './fetch-run.ts';

/** What belongs to one operation, from its start to its answer. */
export interface OperationContext {
  readonly actor: Actor;
  /** The graph that it runs on, and all that belongs to it. */
  readonly serving: Serving;
  /** One dataset version of each product, fixed now. */
  readonly reading: Reading;
  /** Remote subgraphs that were asked: what `extensions.dataProducts` names besides the reading. */
  readonly remotesRead: Set<NonNullable<StoredSubgraph['productId']>>;
  /** Fetches of its plan that have been answered. */
  readonly fetches: FetchRun[];
  /** Null where traces are off. */
  readonly trace: OperationTrace | null;
  /** Of the fetch within which a subgraph is asked. */
  readonly fetch?: FetchUnderWay;
}

/** A fetch under way. */
export interface FetchUnderWay {
  /** What a service elsewhere is told of its trace; null where none is made. */
  readonly traceparent: string | null;
  /** How it was asked over HTTP. */
  noteRemote(run: RemoteRun): void;
}

/** Asks one subgraph, of whatever kind, within an operation. It never rejects for what a client or a service did wrong. */
export type AskSubgraph = (request: SubgraphRequest, context: OperationContext) => Promise<SubgraphAnswer>;

/** A subgraph that tells of events. */
export interface EventSource {
  /** Where it is asked for them: the same request at the same address brings the same events. */
  readonly address: string;
  readonly productId: NonNullable<StoredSubgraph['productId']>;
  /**
   * Subscribes; resolves once events may come. Rejects, and so do the events, with an error that may be shown where the service is
   * at fault, or with why `ending` ended them.
   */
  open(request: SubgraphRequest, ending: GoneSignal): Promise<AsyncIterable<SubgraphAnswer>>;
}

/** What a subgraph answered. Its errors may be shown as they are: whoever asks the subgraph has translated them. */
export interface SubgraphAnswer {
  /** Nobody else's: whoever asked may merge into it. Rows may be of a null prototype. */
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}
