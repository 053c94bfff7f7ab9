import type { Loader } from './loader.ts';
import type { MeasuredLoad } from './measured.ts';

export interface Measured {
  readonly loads: MeasuredLoad[];
  /** Why it is not measured; null where it is. */
  missing: string | null;
}

/** What is asked of Weft: rows a second from CSV in times of others', and memory. */
const GOALS = [
  { against: 'psql COPY (the ceiling)', times: 0.75 },
  { against: 'dlt, pyarrow', times: 1.2, ofItsMemory: 1 / 6 },
  { against: 'sling', times: 3.5 },
  { against: 'dlt, default', times: 40 },
] as const;
const PEAK_MIB = 300;

/** The table in Markdown: medians of all rounds. */
export function table(results: ReadonlyMap<Loader, Measured>): string {
  const ceiling = [...results].find(([{ title }]) => title.startsWith('psql COPY ('))?.[1];
  const head = [
    '|  | from | rows | client CPU s / million rows | PostgreSQL CPU s / million rows | rows/s | times psql | peak memory, MiB |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |',
  ];
  const lines = [...results].map(([{ title, format }, measured]) => {
    if (measured.missing !== null) return `| ${title} | ${format} | not to be had: ${measured.missing} | | | | | |`;
    const { loads } = measured;
    const rows = loads[0]!.rows;
    const perMillion = (of: (load: MeasuredLoad) => number): string =>
      ((median(loads.map(of)) / rows) * 1e6).toFixed(2);
    const cells = [
      rows.toLocaleString('en'),
      perMillion((load) => load.clientCpuSeconds),
      perMillion((load) => load.postgresCpuSeconds),
      Math.round(rate(measured)).toLocaleString('en'),
      ceiling === undefined ? '' : (rate(measured) / rate(ceiling)).toFixed(2),
      peak(measured).toFixed(0),
    ];
    return `| ${title.startsWith('Weft') ? `**${title}**` : title} | ${format} | ${cells.join(' | ')} |`;
  });
  return [...head, ...lines, ''].join('\n');
}

/** Rows a second on the clock: the median of all rounds. */
function rate({ loads }: Measured): number {
  return median(loads.map(({ rows, seconds }) => rows / seconds));
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

/** Says what came of each goal, and whether all are met: on a machine that others use, rates are not to be trusted. */
export function goals(results: ReadonlyMap<Loader, Measured>): { readonly met: boolean; readonly said: string } {
  const measured = [...results].filter(([, { loads }]) => loads.length > 0);
  const of = (title: string): Measured | undefined =>
    measured.find(([loader]) => loader.title.startsWith(title) && loader.format === 'csv')?.[1];
  const weft = of('Weft');
  if (weft === undefined) return { met: false, said: 'Weft was not measured.' };
  const lines = GOALS.flatMap((goal) => {
    const other = of(goal.against);
    if (other === undefined) return [];
    const times = rate(weft) / rate(other);
    const memory = 'ofItsMemory' in goal ? peak(weft) / peak(other) : 0;
    return [
      {
        met: times >= goal.times && memory <= ('ofItsMemory' in goal ? goal.ofItsMemory : 0),
        said: `${times.toFixed(2)} times ${goal.against} (at least ${goal.times})${'ofItsMemory' in goal ? `, at ${memory.toFixed(2)} of its memory (at most ${goal.ofItsMemory.toFixed(2)})` : ''}`,
      },
    ];
  });
  const worst = Math.max(...measured.filter(([{ title }]) => title.startsWith('Weft')).map(([, one]) => peak(one)));
  lines.push({ met: worst <= PEAK_MIB, said: `${worst.toFixed(0)} MiB at most (at most ${PEAK_MIB})` });
  return {
    met: lines.every(({ met }) => met),
    said: lines.map(({ met, said }) => `${met ? 'met' : 'NOT MET'}: ${said}`).join('\n'),
  };
}

function peak({ loads }: Measured): number {
  return Math.max(...loads.map(({ peakMiB }) => peakMiB));
}
