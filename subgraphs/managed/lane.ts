import pg from 'pg';
import { Refusal } from '../../schema/errors.ts';
import type { Pool } from '../../schema/ledger/connect.ts';
import type { GoneSignal } from '../../schema/reading.ts';
import { recent } from './recent.ts';
import type { BoundValue } from './fetch.ts';
import type { Statement } from './statement.ts';
import { queryText } from './text-query.ts';

// Texts whose use is counted: the frequent ones stay in, a flood of others passes through.
const COUNTED = 2_000;
/** Prepared statements that a connection may hold before it is replaced … */
const PREPARED_MAX = 500;
/** … and letters of their texts: Postgres holds some 150 bytes for each (`npm run bench:flood`). */
const PREPARED_LETTERS_MAX = 300_000;

/** Connections on which statements run, each bounded in time. */
export interface Lane {
  /** Runs a statement of one row and one column of text. Throws refusals; `TooSlow` where it took longer than the lane lets it. */
  run(statement: Statement, values: readonly BoundValue[], signal: GoneSignal): Promise<string | null>;
  /** What Postgres does for it, as EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) tells. */
  explain(statement: Statement, values: readonly BoundValue[], signal: GoneSignal): Promise<unknown>;
}

export interface LaneOptions {
  readonly timeoutMs: number;
  /**
   * `generic`: one plan for all values of a statement, made once. `custom`: one for the very values, each time: worth its
   * milliseconds where the data is skewed and the statement slow.
   */
  readonly plans: 'generic' | 'custom';
  /** The server of registered products that it is on; null where it is Weft's own database. */
  readonly server: string | null;
}

/** A server that does not even say that its time is up is gone: its connection is cut so long after that time. */
const SILENCE_MS = 2_000;

/** The statement was stopped: it took longer than its lane lets it. */
export class TooSlow extends Error {}

/** A connection that has been told how to read: which statements it has prepared. */
interface Session {
  readonly prepared: Set<string>;
  /** Of their texts. */
  letters: number;
}

/**
 * A lane over a pool: read-only. A text used twice is prepared. When the signal fires, the backend is cancelled from a connection of
 * its own (the pool may be full of what is to be cancelled), and this connection is closed, so that a late cancel hits nobody else.
 */
export function openLane(pool: Pool, options: LaneOptions): Lane {
  const sessions = new WeakMap<pg.PoolClient, Session>();
  const uses = recent<number>(COUNTED);
  const run: Lane['run'] = async ({ text, name, computes }, values, signal) => {
    throwIfAborted(signal);
    const client = await connect(pool, signal, options.server);
    const silence = options.server === null ? null : setTimeout(cut, options.timeoutMs + SILENCE_MS, client);
    let reusable = false;
    const cancellations: Promise<void>[] = [];
    const cancel = cancelling(pool, client, cancellations);
    try {
      const session = sessions.get(client) ?? (await openSession(client, options));
      sessions.set(client, session);
      throwIfAborted(signal);
      signal.addEventListener('abort', cancel, { once: true });
      if (!session.prepared.has(name) && wasUsed(uses, name)) {
        session.prepared.add(name);
        session.letters += text.length;
      }
      const answer = await queryText(client, { name: session.prepared.has(name) ? name : '', text, values });
      reusable = session.prepared.size <= PREPARED_MAX && session.letters <= PREPARED_LETTERS_MAX;
      return answer;
    } catch (error) {
      // An error of the statement leaves the connection sound; any other may not.
      reusable = error instanceof pg.DatabaseError && error.severity === 'ERROR';
      throw translated(error, signal, { computes, server: options.server });
    } finally {
      if (silence !== null) clearTimeout(silence);
      signal.removeEventListener('abort', cancel);
      if (cancellations.length > 0) await Promise.all(cancellations);
      client.release(!reusable || cancellations.length > 0);
    }
  };
  return {
    run,
    explain: async ({ text, name }, values, signal) => {
      const explained = { text: `explain (analyze, buffers, format json) ${text}`, name: `${name}_plan` };
      const plan = await run(
        { ...explained, parameters: [], products: [], measures: [], computes: false },
        values,
        signal,
      );
      return JSON.parse(plan ?? 'null') as unknown;
    },
  };
}

/** A client of the pool. Waiting for one ends with the signal; the one that comes late goes back. */
function connect(pool: Pool, signal: GoneSignal, server: string | null): Promise<pg.PoolClient> {
  if (pool.idleCount > 0) return pool.connect();
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(cancelledRefusal(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    pool.connect((error, client) => {
      signal.removeEventListener('abort', stop);
      if (client === undefined) reject(isBusy(pool) ? busyRefusal(error) : unconnectedRefusal(server, error));
      else if (signal.aborted) client.release();
      else resolve(client);
    });
  });
}

function cut(client: pg.PoolClient): void {
  const { connection } = client as unknown as { readonly connection: { readonly stream: { destroy(): void } } };
  connection.stream.destroy();
}

/** Every connection that the pool may have is open and at work. */
function isBusy(pool: Pool): boolean {
  return pool.totalCount >= pool.options.max && pool.idleCount === 0;
}

async function openSession(client: pg.PoolClient, { timeoutMs, plans }: LaneOptions): Promise<Session> {
  // JIT compiles for longer than most of these statements run. The rest makes the text of values the same everywhere.
  await client.query(
    `select set_config('statement_timeout', $1, false), set_config('plan_cache_mode', $2, false), set_config('jit', 'off', false),
            set_config('default_transaction_read_only', 'on', false), set_config('timezone', 'UTC', false),
            set_config('datestyle', 'ISO, YMD', false), set_config('extra_float_digits', '1', false),
            set_config('intervalstyle', 'iso_8601', false), set_config('bytea_output', 'hex', false)`,
    [String(timeoutMs), `force_${plans}_plan`],
  );
  return { prepared: new Set(), letters: 0 };
}

/** Whether a statement was used before; what is used once is not worth preparing. */
function wasUsed(uses: ReturnType<typeof recent<number>>, name: string): boolean {
  const before = uses.get(name) ?? 0;
  uses.set(name, before + 1);
  return before > 0;
}

/** Cancels what the client's backend is at, and notes that it does. */
function cancelling(pool: Pool, client: pg.PoolClient, cancellations: Promise<void>[]): () => void {
  const { processID } = client as unknown as { readonly processID: number | null };
  return () => {
    if (processID !== null) cancellations.push(cancelBackend(pool, processID));
  };
}

async function cancelBackend(pool: Pool, backend: number): Promise<void> {
  const client = new pg.Client(pool.options);
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select pg_cancel_backend($1)', [backend]);
  } catch {
    // Not cancelled: the statement's own timeout ends it.
  } finally {
    await client.end().catch(() => undefined);
  }
}

function throwIfAborted(signal: GoneSignal): void {
  if (signal.aborted) throw cancelledRefusal(signal.reason);
}

function cancelledRefusal(cause: unknown): Refusal {
  return new Refusal('QUERY_TIMEOUT', 'The query was cancelled: its client has gone, or its time was up.', { cause });
}

function busyRefusal(cause: unknown): Refusal {
  return new Refusal('OVERLOADED', 'Too many queries are under way that take long; ask again in a moment.', { cause });
}

function unreachableRefusal(server: string | null, what: string, cause: unknown): Refusal {
  const database = server === null ? 'the database' : `the server ${server}`;
  return new Refusal('DATABASE_UNREACHABLE', `The products cannot be read: ${database} ${what}.`, { cause });
}

function unconnectedRefusal(server: string | null, cause: unknown): Refusal {
  if (cause instanceof Refusal) return cause;
  const state = cause instanceof pg.DatabaseError ? (cause.code ?? '') : '';
  if (server === null || !/^(28|3D)/.test(state)) return unreachableRefusal(server, 'gives no connection', cause);
  const message = `The server ${server} does not let the role of its contract in (SQLSTATE ${state}).`;
  return new Refusal('SOURCE_MISSING', message, { cause });
}

/** SQLSTATEs of values that a column's type cannot hold, and of patterns that are none. */
const BAD_VALUES = new Set(['22P02', '22003', '22007', '22008', '22021', '22025']);
/** Shutting down, starting, out of connections or memory, and connection exceptions. */
const UNREACHABLE = /^(57P0[123]|53|08)/;

/** Of data that an expression cannot take, of more than Postgres computes, and of types that do not fit. */
const EXPRESSION = /^(2[12]|54|0A|42(725|803|804|846|883))/;
/** What may be said of it: Postgres' own words have values of the data in them. */
const EXPRESSION_FAULTS: Readonly<Record<string, string>> = {
  '22012': 'it divides by zero',
  '22003': 'a number is out of range',
};

function expressionRefusal(state: string, cause: unknown): Refusal {
  const fault = EXPRESSION_FAULTS[state] ?? 'a value is none that it can take';
  return new Refusal('EXPRESSION_FAILED', `An expression of the contract cannot be computed of this data: ${fault}.`, {
    cause,
  });
}

/** No table, schema or right: the table is not there for the role. */
const GONE = /^(42P01|3F000|42501)$/;
/** No such column, operator or cast, or a key that is none: it is another table than the contract's. */
const DRIFTED = /^(42|21000)/;

/** What a registered server says of a statement; its own words have values of the data in them. */
function registeredRefusal(server: string, state: string, cause: unknown): Refusal {
  const said = `(SQLSTATE ${state})`;
  if (GONE.test(state))
    return new Refusal(
      'SOURCE_MISSING',
      `A table on the server ${server} is gone, or may not be read any more ${said}.`,
      { cause },
    );
  if (DRIFTED.test(state)) {
    const message = `A table on the server ${server} is no longer as its contract says ${said}: check and publish it anew.`;
    return new Refusal('SOURCE_DRIFTED', message, { cause });
  }
  return new Refusal('SOURCE_FAILED', `The server ${server} failed at a statement ${said}.`, { cause });
}

function translated(
  error: unknown,
  signal: GoneSignal,
  { computes, server }: { readonly computes: boolean; readonly server: string | null },
): unknown {
  if (error instanceof Refusal) return error;
  const state = error instanceof pg.DatabaseError ? (error.code ?? '') : '08000';
  if (signal.aborted) return cancelledRefusal(error);
  if (state === '57014') return new TooSlow('The statement took too long', { cause: error });
  if (UNREACHABLE.test(state)) return unreachableRefusal(server, 'went away', error);
  if (computes && EXPRESSION.test(state)) return expressionRefusal(state, error);
  if (BAD_VALUES.has(state))
    return new Refusal('BAD_INPUT', 'A value of the arguments is out of range for what it is compared with.', {
      cause: error,
    });
  if (server !== null) return registeredRefusal(server, state, error);
  return new Error('The database refused a statement that was made for it', { cause: error });
}
