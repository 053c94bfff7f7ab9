import pg from 'pg';
import type { ProductId } from '../../schema/ids.ts';
import type { Pool } from '../../schema/ledger/connect.ts';
import { liveDataset } from '../../schema/ledger/datasets.ts';
import { moveViews } from './announce.ts';
import { refreshPlan } from './plan.ts';

/** Points a product's views at the version that its data went back to. */
export async function followRestored(
  { pool, databaseUrl }: { pool: Pool; databaseUrl: string },
  id: ProductId,
  signal: AbortSignal,
): Promise<void> {
  const live = await liveDataset(pool, id);
  if (live === null) return;
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'weft restored views' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await moveViews(client, await refreshPlan(pool, live.runId), live, signal);
  } finally {
    await client.end();
  }
}
