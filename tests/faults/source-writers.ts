import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';

/** What writes to a table `orders (id, amount, note)` of a source, all the while. */
export interface Writers {
  /** Rows that were written and committed. */
  written(): number;
  stop(): Promise<void>;
}

/** Several at once: they disturb one another, and their transactions end in another order than they began. */
const WRITERS = 4;
const IDS = 5_000;

/**
 * Writes so many rows a second: inserts, updates, changes of keys and deletes, in transactions of one to eight, of which some are rolled back
 * and some take their time. `random` from 0 to 1.
 */
export function startWriters(
  shop: Pool,
  { rowsPerSecond, random }: { rowsPerSecond: number; random: () => number },
): Writers {
  const state = { on: true, written: 0, begun: 0 };
  const startedMs = performance.now();
  const upTo = (count: number): number => Math.floor(random() * count);
  const write = (client: PoolClient): Promise<unknown> => {
    const [id, other, kind] = [upTo(IDS), upTo(IDS), upTo(10)];
    if (kind < 4)
      return client.query(
        `insert into orders values ($1, $2, 'new') on conflict (id) do update set amount = excluded.amount, note = 'again'`,
        [id, upTo(10_000) / 100],
      );
    if (kind < 7)
      return client.query('update orders set amount = amount + 1, note = $2 where id = $1', [id, `note ${other}`]);
    if (kind < 8)
      return client.query('update orders set id = $2 where id = $1 and not exists (select from orders where id = $2)', [
        id,
        other,
      ]);
    return client.query('delete from orders where id = $1', [id]);
  };
  const writer = async (): Promise<void> => {
    while (state.on) {
      const dueMs = (state.begun / rowsPerSecond) * 1_000 - (performance.now() - startedMs);
      if (dueMs > 0) {
        await sleep(Math.min(dueMs, 100));
        continue;
      }
      const rows = 1 + upTo(8);
      state.begun += rows;
      const client = await shop.connect();
      try {
        await client.query('begin');
        for (let row = 0; row < rows; row++) await write(client);
        if (upTo(50) === 0) await sleep(300);
        await client.query(upTo(20) === 0 ? 'rollback' : 'commit');
        state.written += rows;
      } catch {
        // Two that took each other's rows, or one key.
        await client.query('rollback');
      } finally {
        client.release();
      }
    }
  };
  const done = Promise.all(Array.from({ length: WRITERS }, writer));
  return {
    written: () => state.written,
    stop: async () => {
      state.on = false;
      await done;
    },
  };
}
