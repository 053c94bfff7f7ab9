/**
 * `npm run bench:flood`: does what is kept of operations stay bounded? A gateway over a small mesh is sent operations that nobody sends
 * twice, of many kinds and sizes, while a few are asked all the time; at each checkpoint it prints what gateway and Postgres hold, and
 * before and after what the frequent ones take.
 */
import { parseArgs } from 'node:util';
import { freePort } from '../../gateway/up/ports.ts';
import { openPool } from '../../schema/ledger/connect.ts';
import { memoryOf } from './flood/memory.ts';
import { FREQUENT } from './flood/operations.ts';
import { sendFlood } from './flood/send-flood.ts';
import { startAdvice } from './query/apollo.ts';
import { treeCpuMs } from './query/cpu.ts';
import { inspectorAt } from './query/inspector.ts';
import { startLoad } from './query/load.ts';
import { openPlace, type Place } from './query/place.ts';
import { startWeft, type Weft } from './query/weft.ts';

const USAGE = `npm run bench:flood -- [options]
  --operations 1000000  distinct ones
  --connections 8       closed loops at once
  --only 'large text'   this kind of them
  --checkpoints 10      at which memory is looked at
  --seconds 4           of each frequent operation by itself, before and after
  --minutes 60          after which it ends at the next checkpoint`;

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '1000000' },
    connections: { type: 'string', default: '8' },
    checkpoints: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '4' },
    minutes: { type: 'string', default: '60' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
// A thousandth of the rows: what is looked at here is not the data.
const SCALE = 0.001;
const say = (text: string): void => console.log(text);
if (values.help) say(USAGE);
else await bench();

async function bench(): Promise<void> {
  const place = await openPlace({ keep: null, scale: SCALE, say });
  const interrupted = (): void => void place.close().then(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
  try {
    const advice = await startAdvice(place);
    const port = await freePort();
    const nodeOptions = [`--inspect=127.0.0.1:${port}`];
    const weft = await startWeft(place, { adviceUrl: advice.url, scale: SCALE, answerCache: true, say, nodeOptions });
    await flood(place, weft, port);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupted);
    await place.close();
  }
}

async function flood(place: Place, weft: Weft, inspectorPort: number): Promise<void> {
  const [operations, checkpoints] = [Number(values.operations), Number(values.checkpoints)];
  const untilMs = performance.now() + Number(values.minutes) * 60_000;
  const inspector = await inspectorAt(inspectorPort);
  const postgres = openPool(place.postgres.url, { name: 'bench', max: 1 });
  const outcomes = new Map<string, number>();
  const checkpoint = async (sent: number, rest = ''): Promise<void> => {
    const memory = await memoryOf({ inspector, pid: weft.pid() }, postgres);
    const backends = `${memory.backends} backends ${memory.backendsMb.toFixed(0)} MB, largest ${memory.largestBackendMb.toFixed(0)}`;
    say(
      `${sent.toLocaleString('en').padStart(9)}  heap ${memory.heapMb.toFixed(0).padStart(4)} MB  RSS ${memory.rssMb.toFixed(0).padStart(4)} MB  ${backends}  ${rest}`,
    );
  };
  try {
    await frequentAlone(weft, 'before');
    await checkpoint(0);
    for (let done = 0; done < checkpoints && performance.now() < untilMs; done += 1) {
      const [from, to] = [done, done + 1].map((part) => Math.round((operations * part) / checkpoints));
      const how = { connections: Number(values.connections), only: values.only ?? null };
      const result = await sendFlood({ url: weft.url, from: from!, to: to!, ...how });
      for (const [outcome, times] of result.outcomes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + times);
      const latencies = Object.entries(result.latenciesMs).map(([name, all]) => `${name} ${median(all).toFixed(1)} ms`);
      await checkpoint(to!, `${((to! - from!) / result.seconds).toFixed(0)}/s; in the flood ${latencies.join(', ')}`);
    }
    await frequentAlone(weft, 'after');
    for (const [outcome, times] of [...outcomes].sort()) say(`${String(times).padStart(9)}  ${outcome}`);
  } finally {
    inspector.close();
    await postgres.end();
  }
}

/** What the frequent operations take with nothing beside them. */
async function frequentAlone(weft: Weft, when: string): Promise<void> {
  const load = startLoad();
  try {
    for (const [name, text] of Object.entries(FREQUENT)) {
      const headers = { 'cache-control': 'no-cache' };
      const ask = { url: `${weft.url}/graphql`, headers, text, connections: 1 };
      await load.run({ ...ask, seconds: 1 });
      const cpuMs = treeCpuMs(weft.pid());
      const result = await load.run({ ...ask, seconds: Number(values.seconds) });
      if (result.failure !== null) throw new Error(`${name}: ${result.failure}`);
      const perRequest = (treeCpuMs(weft.pid()) - cpuMs) / result.requests;
      say(
        `${when.padEnd(6)} ${name.padEnd(8)} p50 ${result.p50Ms.toFixed(2)} ms, p99 ${result.p99Ms.toFixed(2)} ms, ${perRequest.toFixed(3)} ms CPU`,
      );
    }
  } finally {
    load.stop();
  }
}

function median(sorted: readonly number[]): number {
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
