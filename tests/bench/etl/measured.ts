import { treeCpuMs } from '../query/cpu.ts';
import type { Load } from './load.ts';
import type { Loader } from './loader.ts';
import type { Place } from './place.ts';

export interface MeasuredLoad extends Load {
  readonly postgresCpuSeconds: number;
}

/** One load, from a database at rest, with the CPU that PostgreSQL took for it; the table is gone afterwards. Throws where rows are missing. */
export async function measured({ pool, postgresPid }: Place, loader: Loader): Promise<MeasuredLoad> {
  await pool.query('checkpoint');
  const before = treeCpuMs(postgresPid);
  const load = await loader.load();
  const postgresCpuSeconds = (treeCpuMs(postgresPid) - before) / 1000;
  if (loader.table !== null) {
    const { rows } = await pool.query<{ count: string }>(`select count(*) from ${loader.table}`);
    if (Number(rows[0]!.count) !== load.rows)
      throw new Error(`${loader.title} loaded ${rows[0]!.count} rows of ${load.rows}.`);
    await pool.query(`drop schema ${loader.table.split('.')[0]} cascade`);
  }
  return { ...load, postgresCpuSeconds };
}
