import { cpus, totalmem } from 'node:os';
import type { Cell } from './measure.ts';
import { QUERIES, type QueryName } from './queries.ts';
import type { Server } from './server.ts';

export type Results = ReadonlyMap<QueryName, ReadonlyMap<string, Cell>>;

/** One line for a server and a query, while the bench runs. */
export function line(query: string, name: string, cell: Cell): string {
  const parts = Object.entries(cell.cpuMs)
    .filter(([, ms]) => ms > 0)
    .map(([part, ms]) => `${part} ${ms.toFixed(3)}`);
  return [
    query.padEnd(7),
    name.padEnd(16),
    `${cell.totalCpuMs.toFixed(3).padStart(8)} ms CPU`,
    `${cell.perSecond.toFixed(0).padStart(6)}/s`,
    `p50 ${cell.p50Ms.toFixed(2).padStart(7)} ms`,
    `p99 ${cell.p99Ms.toFixed(2).padStart(7)} ms`,
    `(${parts.join(', ')})`,
  ].join('  ');
}

/** The tables in Markdown: CPU of all processes a request, the same in times of Weft's, rates; `all` adds more comparisons. */
export function markdown(results: Results, servers: readonly Server[], all: boolean): string {
  const queries = [...results.keys()];
  const cell = (query: QueryName, name: string): Cell | undefined => results.get(query)?.get(name);
  const table = (title: string, text: (query: QueryName, server: Server) => string): string[] => [
    `| ${title} | ${queries.map((query) => query.toUpperCase()).join(' | ')} |`,
    `| --- | ${queries.map(() => '---:').join(' | ')} |`,
    ...servers.map((server) => `| ${server.title} | ${queries.map((query) => text(query, server)).join(' | ')} |`),
    '',
  ];
  const times = (against: string) => (query: QueryName, server: Server) => {
    const [one, other] = [cell(query, server.name), cell(query, against)];
    return one === undefined || other === undefined ? '' : (one.totalCpuMs / other.totalCpuMs).toFixed(2);
  };
  const against = ['limit', 'limit-weft', 'weft'].filter((name) => servers.some((server) => server.name === name));
  return [
    ...queries.map((query) => `- ${query.toUpperCase()}: ${QUERIES[query].title}.`),
    '',
    ...table('CPU ms of all processes a request', (query, { name }) => cell(query, name)?.totalCpuMs.toFixed(3) ?? ''),
    ...against
      .filter((name) => all || name === 'weft')
      .flatMap((name) => table(`times the CPU of \`${name}\``, times(name))),
    ...(all
      ? table('of it in PostgreSQL', (query, { name }) => cell(query, name)?.cpuMs['postgres']?.toFixed(3) ?? '')
      : []),
    ...table('requests a second; p50 / p99 ms', (query, { name }) => {
      const one = cell(query, name);
      if (one === undefined) return '';
      return `${one.perSecond.toFixed(0)}; ${one.p50Ms.toFixed(1)} / ${one.p99Ms.toFixed(1)}`;
    }),
  ].join('\n');
}

/** Throughput of operations whose text is new each time. */
export function coldTable(results: Results, servers: readonly Server[]): string {
  const queries = [...results.keys()];
  const able = servers.filter(({ name }) => queries.some((query) => results.get(query)?.has(name)));
  const head = queries.map((query) => `${query.toUpperCase()} a second | ms CPU`).join(' | ');
  return [
    `| each text new | ${head} |`,
    `| --- | ${queries.map(() => '---: | ---:').join(' | ')} |`,
    ...able.map(({ name, title }) => {
      const cells = queries.map((query) => results.get(query)?.get(name));
      const texts = cells.map((cell) =>
        cell === undefined ? ' | ' : `${cell.perSecond.toFixed(0)} | ${cell.totalCpuMs.toFixed(2)}`,
      );
      return `| ${title} | ${texts.join(' | ')} |`;
    }),
  ].join('\n');
}

/** The machine, without its name. */
export function machine(postgres: string): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores (${first?.model.trim() ?? 'unknown'}), ${memory} GB, ${process.platform}, Node ${process.version}, PostgreSQL ${postgres}`;
}
