import pg from 'pg';

/** Anything that runs a statement: a pool, or the one connection of a transaction. */
export interface Queryable {
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<pg.QueryResult<Row>>;
}

/** A connection with an open transaction: what a story opens and hands down. */
export type Transaction = Queryable & { readonly inTransaction: true };

export type Pool = pg.Pool;

/** A server that goes without a word is missed half a minute later, and not when the system gives up: then a query waits for minutes, or for good. */
export const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 20_000 } as const;

/**
 * A pool on the platform's database. `max` connections; an idle one is closed after 30 s so that a quiet process holds none. With
 * `answerWithinMs` a statement that the server does not answer by then fails.
 */
export function openPool(url: string, options: { name: string; max: number; answerWithinMs?: number }): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    application_name: options.name,
    // Longer than a restart of Postgres takes, shorter than a client's patience.
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    ...(options.answerWithinMs !== undefined && { query_timeout: options.answerWithinMs }),
    ...KEEP_ALIVE,
  });
  // An idle connection that breaks is replaced by the pool; without a listener Node would end the process.
  pool.on('error', () => undefined);
  // The same for one that is taken: what its breaking means is told by the next query on it.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/**
 * Runs `story` in one transaction, of a pool or of a connection of one's own: committed when it resolves, rolled back when it throws.
 */
export async function transaction<Result>(
  on: Pool | pg.Client,
  story: (trx: Transaction) => Promise<Result>,
): Promise<Result> {
  if (on instanceof pg.Client) return begun(on, story, () => undefined);
  const client = await on.connect();
  let broken: Error | undefined;
  try {
    return await begun(client, story, (error) => {
      broken = error instanceof Error ? error : new Error('rollback failed');
    });
  } finally {
    client.release(broken);
  }
}

async function begun<Result>(
  client: pg.ClientBase,
  story: (trx: Transaction) => Promise<Result>,
  onBroken: (error: unknown) => void,
): Promise<Result> {
  try {
    await client.query('begin');
    const result = await story(client as unknown as Transaction);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(onBroken);
    throw error;
  }
}
