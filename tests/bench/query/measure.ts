import { setTimeout as sleep } from 'node:timers/promises';
import { treeCpuMs } from './cpu.ts';
import type { Load } from './load.ts';
import type { BenchOptions } from './options.ts';
import type { Place } from './place.ts';
import type { QueryName } from './queries.ts';
import type { Server } from './server.ts';

/** What one server took for one query, over all rounds. */
export interface Cell {
  readonly requests: number;
  readonly perSecond: number;
  /** Medians of the rounds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU milliseconds a request, of each of its processes and of Postgres. */
  readonly cpuMs: Readonly<Record<string, number>>;
  /** Their sum: the main figure. */
  readonly totalCpuMs: number;
}

export interface Measuring {
  readonly place: Place;
  readonly load: Load;
  readonly options: Pick<BenchOptions, 'seconds' | 'rounds' | 'connections'>;
}

// Node's compilers have seen a query's code some thousand times by then.
const WARM_UP_SECONDS = 2;
// Connections end, collections finish, and the ticks of the round before are written.
const PAUSE_MS = 150;

/** Measures one query on the servers by turns: warm-up of each, then rounds A B C, A B C, … Throws where one fails. */
export async function measure(
  { place, load, options }: Measuring,
  query: QueryName,
  servers: readonly Server[],
  cold = false,
): Promise<Map<string, Cell>> {
  const next = new Map(servers.map(({ name }) => [name, 0]));
  const run = async (server: Server, seconds: number): Promise<Round> => {
    const before = cpuOf(place, server);
    const result = await load.run({
      ...{ url: server.url, headers: server.headers, query, dialect: server.dialect, rows: place.rows, cold },
      ...{ fromIndex: next.get(server.name)!, connections: options.connections, seconds },
    });
    await sleep(PAUSE_MS);
    if (result.failure !== null) throw new Error(`${server.name} failed ${query}: ${result.failure}`);
    next.set(server.name, next.get(server.name)! + result.requests);
    const after = cpuOf(place, server);
    const cpuMs = Object.fromEntries(
      Object.entries(after).map(([name, ms]) => [name, (ms - before[name]!) / result.requests]),
    );
    return { ...result, cpuMs, totalCpuMs: Object.values(cpuMs).reduce((sum, ms) => sum + ms, 0) };
  };

  const rounds = new Map<string, Round[]>(servers.map(({ name }) => [name, []]));
  for (const server of servers) await run(server, WARM_UP_SECONDS);
  for (let round = 0; round < options.rounds; round++)
    for (const server of servers) rounds.get(server.name)!.push(await run(server, options.seconds / options.rounds));
  return new Map([...rounds].map(([name, of]) => [name, cellOf(of)]));
}

interface Round {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly totalCpuMs: number;
}

/** Of four rounds and more, the dearest and the cheapest are left out: others use this machine too. */
function cellOf(rounds: readonly Round[]): Cell {
  const ranked = [...rounds].sort((one, other) => one.totalCpuMs - other.totalCpuMs);
  const kept = ranked.length < 4 ? ranked : ranked.slice(1, -1);
  const sum = (of: (round: Round) => number): number => kept.reduce((total, round) => total + of(round), 0);
  const requests = sum((round) => round.requests);
  const cpuMs = Object.fromEntries(
    Object.keys(kept[0]?.cpuMs ?? {}).map((name) => [
      name,
      sum((round) => round.cpuMs[name]! * round.requests) / requests,
    ]),
  );
  return {
    requests,
    perSecond: requests / sum(({ seconds }) => seconds),
    p50Ms: median(kept.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(kept.map(({ p99Ms }) => p99Ms)),
    cpuMs,
    totalCpuMs: Object.values(cpuMs).reduce((total, ms) => total + ms, 0),
  };
}

function cpuOf(place: Place, server: Server): Record<string, number> {
  const groups = Object.entries(server.processes).map(
    ([name, pids]) => [name, pids.reduce((sum, pid) => sum + treeCpuMs(pid()), 0)] as const,
  );
  return { ...Object.fromEntries(groups), postgres: treeCpuMs(place.postgres.child.pid() ?? 0) };
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor((values.length - 1) / 2)] ?? 0;
}
