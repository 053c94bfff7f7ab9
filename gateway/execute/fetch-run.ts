import type { StatementRun } from '../../schema/reading.ts';

/** A fetch of a plan as it was made. */
export interface FetchRun {
  readonly subgraph: string;
  readonly query: string;
  /** How many entities it was asked for; null where it began at a root field. */
  readonly entities: number | null;
  /** When it began, of its operation's time. */
  readonly atMs: number;
  readonly ms: number;
  readonly errors: number;
  /** Of managed products: what was asked of the database for it. */
  readonly statements: readonly StatementRun[];
  /** Why it took several statements; empty where one did. */
  readonly fallbacks: readonly string[];
  /** Of a service elsewhere: how it was asked. */
  readonly remote?: RemoteRun;
}

/** How a service was asked over HTTP. */
export interface RemoteRun {
  /** Of its answer; null where none came. */
  readonly status: number | null;
  /** 0 where it was not asked at all (its circuit breaker is open, or it may not be), or another's answer was waited for. */
  readonly timesSent: number;
  /** The same was under way for another, whose answer did. */
  readonly shared: boolean;
  /** The `traceparent` that it was sent with: another's where it is shared. */
  readonly sentIn: string | null;
}
