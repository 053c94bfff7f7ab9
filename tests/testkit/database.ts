import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';
import { z } from 'zod';

import { openPool, type Pool } from '../../schema/ledger/connect.ts';
import { askServers } from './ask-servers.ts';

const serverSchema = z.object({ url: z.string(), template: z.string() });

/** A server's backend outlives its client's `end()` by a moment. */
const LEAK_PATIENCE_MS = 2_000;

/** A database of a test file's own, migrated. Roles are the cluster's: those of other files are seen here too. */
export interface TestDatabase {
  /** As the owner of the platform's tables: what DATABASE_URL would be. */
  readonly url: string;
  readonly pool: Pool;
  /** Ends the pool and drops the database; throws where someone is still connected, naming what they last asked. */
  drop(): Promise<void>;
}

/** A copy of the migrated template: some 50 ms. */
export async function cloneDatabase(): Promise<TestDatabase> {
  const server = serverSchema.parse(await askServers('postgres'));
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(server.url, (admin) => admin.query(`CREATE DATABASE ${name} TEMPLATE ${server.template}`));
  const database = new URL(server.url);
  database.pathname = `/${name}`;
  const pool = openPool(database.href, { name: 'test', max: 10 });
  return {
    url: database.href,
    pool,
    async drop() {
      const leaked = pool.totalCount - pool.idleCount;
      // A pool waits for its clients without end, and the test would hang instead of failing.
      if (leaked === 0) await pool.end();
      const strangers = await asAdmin(server.url, (admin) => connectedTo(admin, name));
      await asAdmin(server.url, (admin) => admin.query(`DROP DATABASE ${name} WITH (FORCE)`));
      if (strangers.length > 0) throw new Error(`Connections were leaked:\n${strangers.join('\n')}`);
    },
  };
}

async function connectedTo(admin: Client, name: string): Promise<string[]> {
  for (const until = Date.now() + LEAK_PATIENCE_MS; ;) {
    const { rows } = await admin.query<{ who: string; query: string }>(
      `SELECT usename || ' ' || application_name AS who, query FROM pg_stat_activity
        WHERE datname = $1 AND backend_type = 'client backend'`,
      [name],
    );
    if (rows.length === 0 || Date.now() > until) return rows.map(({ who, query }) => `${who}: ${query}`);
    await sleep(50);
  }
}

async function asAdmin<Result>(url: string, act: (admin: Client) => Promise<Result>): Promise<Result> {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  try {
    return await act(admin);
  } finally {
    await admin.end();
  }
}
