import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHome } from '../../../gateway/up/home.ts';
import { freePort } from '../../../gateway/up/ports.ts';
import { startPostgres } from '../../../gateway/up/postgres.ts';
import { startTemporal } from '../../../gateway/up/temporal.ts';
import { openPool, type Pool } from '../../../schema/ledger/connect.ts';
import { migrate } from '../../../schema/ledger/migrate.ts';
import { removeHome } from '../../testkit/servers.ts';
import { startWorker, type WorkerProcess } from '../../workflows/worker-process.ts';
import { benchCache } from './tools.ts';

/** Where one run of the bench lies and runs: a PostgreSQL as `npm start` has it, Temporal, and a worker in a process of its own. */
export interface Place {
  readonly folder: string;
  readonly url: string;
  readonly pool: Pool;
  readonly worker: WorkerProcess;
  /** Process ids of the servers, for their CPU. */
  readonly postgresPid: number;
  readonly temporalPid: number;
  close(): Promise<void>;
}

export async function openPlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-bench-etl-'));
  // PostgreSQL of root runs as another user, who must pass through.
  chmodSync(folder, 0o711);
  const home = await openHome(folder);
  // What it does by itself would be counted to whoever loads meanwhile.
  const postgres = await startPostgres(home, home, { port: 0, env: process.env, settings: { autovacuum: 'off' } });
  const temporal = await startTemporal(home, home, {
    port: await freePort(),
    uiPort: await freePort(),
    namespace: 'default',
    env: process.env,
  });
  const pool = openPool(postgres.url, { name: 'bench', max: 4 });
  await migrate(pool);
  const worker = await startWorker({
    databaseUrl: postgres.url,
    temporal: { address: temporal.address, namespace: 'default' },
    home: home.folder,
    env: { WEFT_FILE_ROOTS: benchCache() },
  });
  return {
    folder,
    url: postgres.url,
    pool,
    worker,
    postgresPid: postgres.child.pid()!,
    temporalPid: temporal.child.pid()!,
    close: async () => {
      await worker.stop();
      await pool.end();
      await temporal.child.stop();
      await postgres.child.stop();
      removeHome(home.folder);
    },
  };
}
