import type { Dialect, QueryName } from './queries.ts';

/** A server under load: where and how it is asked, and whose CPU its answers cost besides Postgres. */
export interface Server {
  readonly name: string;
  readonly title: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dialect: Dialect;
  readonly queries: readonly QueryName[];
  /** Pids by what they are: `gateway`, `subgraphs`. */
  readonly processes: Readonly<Record<string, readonly (() => number)[]>>;
}
