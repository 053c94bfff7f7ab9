/**
 * `npm run bench:etl [-- --scale 1 --rounds 3]`: TPC-H's lineitem from files into PostgreSQL, by Weft (from extract to published, through a
 * real worker) and by others, in turns. Prints CPU a million rows, times on the clock and memory; ends with 1 beyond its goals.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { makeLineitem } from './lineitem.ts';
import type { Loader } from './loader.ts';
import { measured } from './measured.ts';
import { dlt, psql, sling } from './peers.ts';
import { openPlace } from './place.ts';
import { goals, type Measured, table } from './report.ts';
import { weft } from './weft.ts';

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '0.1' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    markdown: { type: 'string' },
  },
});
const scale = Number(values.scale);
const lineitem = await makeLineitem(scale);
const place = await openPlace();
try {
  const wefts = (['csv', 'parquet'] as const).map((format) =>
    weft(place, format, `lineitem-${scale}/lineitem.${format}`),
  );
  const all: Loader[] = [
    psql(place, lineitem, false),
    psql(place, lineitem, true),
    ...wefts,
    ...(['csv', 'parquet'] as const).map((format) => dlt(place, lineitem, { backend: 'arrow', format })),
    sling(place, lineitem),
    dlt(place, lineitem, { backend: 'default', format: 'csv' }),
  ].filter(({ title }) => title.toLowerCase().includes(values.only));
  const results = new Map<Loader, Measured>(all.map((loader) => [loader, { loads: [], missing: null }]));
  for (const loader of all)
    await loader.prepare().catch((error: unknown) => {
      results.get(loader)!.missing = error instanceof Error ? error.message : String(error);
    });
  for (let round = 0; round < Number(values.rounds); round++)
    for (const loader of all) {
      const result = results.get(loader)!;
      if (result.missing !== null) continue;
      const load = await measured(place, loader).catch((error: unknown) => {
        result.missing = error instanceof Error ? error.message : String(error);
        return null;
      });
      if (load === null) continue;
      result.loads.push(load);
      console.error(
        `${loader.title}, ${loader.format}: ${load.seconds.toFixed(2)} s, CPU ${load.clientCpuSeconds.toFixed(2)} and PostgreSQL's ${load.postgresCpuSeconds.toFixed(2)} s, ${load.peakMiB.toFixed(0)} MiB`,
      );
    }
  const text = table(results);
  console.log(text);
  if (values.markdown !== undefined) writeFileSync(values.markdown, text);
  const { met, said } = goals(results);
  console.log(said);
  process.exitCode = met ? 0 : 1;
} finally {
  await place.close();
}
