import { setTimeout as sleep } from 'node:timers/promises';
import type { ProductId } from '../../../schema/ids.ts';
import { liveDataset } from '../../../schema/ledger/datasets.ts';
import { requireRun, stagesOf } from '../../../schema/ledger/runs.ts';
import { plainPublish } from '../../workflows/plain-publish.ts';
import { treeCpuMs } from '../query/cpu.ts';
import { type Format, writeProduct } from './lineitem.ts';
import { forgetPeak, type Load, peakOf } from './load.ts';
import type { Loader } from './loader.ts';
import type { Place } from './place.ts';

/** A refresh through the worker: types, keys and rules checked; from the begin of extract to the end of publish. */
export function weft(place: Place, format: Format, file: string): Loader {
  const { pool, worker } = place;
  const folder = writeProduct(place.folder, format, file);
  const productId = `bench/lineitem-${format}` as ProductId;
  const object = `lineitem_${format}`;
  const cpuMs = (): number => treeCpuMs(worker.pid) + treeCpuMs(place.temporalPid);
  return {
    title: 'Weft, extract to publish',
    format,
    table: null,
    prepare: () => Promise.resolve(),
    load: async (): Promise<Load> => {
      // Every round is a first load, as docs/decisions/007 has it.
      await pool.query(`
        update weft.products set live_version = null;
        delete from weft.dataset_versions;
        drop schema if exists bench cascade`);
      forgetPeak(worker.pid);
      const before = cpuMs();
      const { runId } = await plainPublish(pool, folder);
      for (;;) {
        const run = await requireRun(pool, runId!);
        if (run.phase === 'failed') throw new Error(run.error?.message);
        const stages = await stagesOf(pool, runId!);
        const announced = stages.find(({ stage, state }) => stage === 'announce' && state === 'done');
        if (announced === undefined) {
          await sleep(50);
          continue;
        }
        const [extract, publish] = ['extract', 'publish'].map((name) => stages.find(({ stage }) => stage === name)!);
        return {
          rows: (await liveDataset(pool, productId))!.tables[object]!.rows,
          seconds: (Number(publish!.endedAt) - Number(extract!.startedAt)) / 1000,
          clientCpuSeconds: (cpuMs() - before) / 1000,
          peakMiB: peakOf(worker.pid),
        };
      }
    },
  };
}
