import type { IncomingHttpHeaders } from 'node:http';
import type { StatementRun } from '../../schema/reading.ts';
import type { Actor } from '../actor.ts';
import type { FetchRun } from '../execute/fetch-run.ts';
import type { Serving } from '../serving/serving.ts';

/** Makes traces, and sends them to whoever collects them. Where they are off there is none, and nothing is made. */
export interface Traces {
  /** The span of an operation that a client asks for. */
  begin(request: TracedRequest): OperationTrace;
  /** A supergraph was put in place of another, or failed to load. */
  swapped(swap: { readonly supergraph: number; readonly failure: string | null; readonly beganMs: number }): void;
  /** Sends what it still has, as long as that takes no longer than a shutdown may wait. */
  close(): Promise<void>;
}

export interface TracedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly method: string;
  readonly actor: Actor;
  /** Of `performance.now()`. */
  readonly beganMs: number;
}

/** What a statement is part of. */
export interface StatementParent {
  /** False where nothing of it is recorded: it only has an id to hand on. */
  readonly recorded: boolean;
  /** A statement that has just been run. */
  statement(run: StatementRun): void;
}

/** An operation's trace. It never throws, and waits for nobody. */
export interface OperationTrace extends StatementParent {
  /** In hex: what logs call `trace_id`. */
  readonly id: string;
  /** What is asked for by it is told of it by this, as W3C's Trace Context has it. */
  readonly traceparent: string;
  /** What was asked for turned out to be this. */
  asks(operation: TracedOperation): void;
  /** A fetch of its plan begins. */
  fetch(subgraph: string, serving: Serving): FetchTrace;
  /** Its answer is that of an equal operation which was under way. */
  joined(): void;
  /** What it was made of: `kept` from an answer that was kept. */
  made(answer: { readonly kept: boolean; readonly products: readonly string[] }): void;
  end(answered: TracedAnswer): void;
}

export interface TracedOperation {
  readonly type: string;
  readonly name: string | null;
  /** Null where it is not ours to answer. */
  readonly path: 'managed' | 'registered' | 'planned' | null;
  /** Its text: told without the values in it. */
  readonly query: string;
}

export interface TracedAnswer {
  /** Of HTTP. */
  readonly status: number;
  readonly outcome: 'ok' | 'error';
  /** Of its errors, each once. */
  readonly codes?: readonly string[];
}

export interface FetchTrace extends StatementParent {
  /** What a service elsewhere is told, as W3C's Trace Context has it. */
  readonly traceparent: string;
  /** Null where it ended by a fault. */
  end(run: FetchRun | null): void;
}
