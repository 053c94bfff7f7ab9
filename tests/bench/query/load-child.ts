import { Pool } from 'undici';
import { type Dialect, QUERIES, type QueryName, type Rows, variablesFor } from './queries.ts';

/** What the load generator is asked for. */
export type LoadAsk = LoadTarget & (QueryAsk | { readonly text: string });

interface LoadTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly seconds: number;
}

/** A query of the bench's, each time with other variables; else a text, the same each time. */
interface QueryAsk {
  readonly query: QueryName;
  readonly dialect: Dialect;
  readonly rows: Rows;
  /** The first request's; the next has the next. */
  readonly fromIndex: number;
  /** True where each text is another. */
  readonly cold: boolean;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly bytes: number;
  /** The first of them, as text; null where there is none. */
  readonly failure: string | null;
}

/** An answer that takes longer ends the load: nothing waits without end. */
const ANSWER_WITHIN_MS = 30_000;

process.on('message', (ask) => {
  // What load.ts sends, and nobody else.
  void load(ask as LoadAsk).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit());

/** A closed loop: each connection sends its next request when it has its answer. Ends with the first failure. */
async function load(ask: LoadAsk): Promise<LoadResult> {
  const { origin, pathname } = new URL(ask.url);
  const pool = new Pool(origin, { connections: ask.connections, pipelining: 1, headersTimeout: ANSWER_WITHIN_MS });
  const headers = { 'content-type': 'application/json', accept: 'application/json', ...ask.headers };
  const body = bodies(ask);
  const latencies: number[] = [];
  let next = 'text' in ask ? 0 : ask.fromIndex;
  let bytes = 0;
  let failure: string | null = null;
  const startedMs = performance.now();
  const untilMs = startedMs + ask.seconds * 1000;
  const one = async (): Promise<void> => {
    while (failure === null) {
      const sentMs = performance.now();
      if (sentMs >= untilMs) return;
      const { statusCode, body: answer } = await pool.request({
        path: pathname,
        method: 'POST',
        headers,
        body: body((next += 1)),
      });
      const text = await answer.text();
      latencies.push(performance.now() - sentMs);
      bytes += text.length;
      if (statusCode !== 200 || text.includes('"errors":')) failure = `${statusCode} ${text.slice(0, 500)}`;
    }
  };
  const ends = Array.from({ length: ask.connections }, () => one());
  await Promise.all(ends).catch((error: unknown) => (failure = String(error)));
  const seconds = (performance.now() - startedMs) / 1000;
  await pool.destroy();
  latencies.sort((one, other) => one - other);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { requests: latencies.length, seconds, p50Ms: at(0.5), p99Ms: at(0.99), bytes, failure };
}

function bodies(ask: LoadAsk): (index: number) => string {
  if ('text' in ask) {
    const body = JSON.stringify({ query: ask.text });
    return () => body;
  }
  const { query, dialect, rows, cold } = ask;
  const text = QUERIES[query].text[dialect] ?? '';
  const { variables } = QUERIES[query];
  const prefix = `{"query":${JSON.stringify(text)},"variables":`;
  return (index) => {
    const given = JSON.stringify(variablesFor(dialect, variables(index, rows)));
    if (!cold) return `${prefix}${given}}`;
    return `{"query":${JSON.stringify(coldText(text, index))},"variables":${given}}`;
  };
}

/** The same operation in words that were never sent: an alias on the first field of the innermost selection. */
export function coldText(text: string, index: number): string {
  return text.replace(/(\{ )(\w+)( \w+[^{}]*\}[\s}]*)$/, `$1a${index}: $2$3`);
}
