import { readFileSync } from 'node:fs';
import type { Pool } from '../../../schema/ledger/connect.ts';
import type { Inspector } from '../query/inspector.ts';

/** What the gateway and the backends that read for it hold, in MB. */
export interface Memory {
  readonly heapMb: number;
  readonly rssMb: number;
  readonly backends: number;
  /** Their own: what they share counts for none of them. */
  readonly backendsMb: number;
  readonly largestBackendMb: number;
}

/** Collects the gateway's garbage, and looks. */
export async function memoryOf(gateway: { inspector: Inspector; pid: number }, postgres: Pool): Promise<Memory> {
  const { inspector, pid } = gateway;
  // Twice: what the first frees of weak references and finalizers, the second takes.
  await inspector.send('HeapProfiler.collectGarbage');
  await inspector.send('HeapProfiler.collectGarbage');
  // As the inspector's protocol says of Runtime.evaluate.
  const { result } = (await inspector.send('Runtime.evaluate', {
    expression: 'process.memoryUsage().heapUsed',
  })) as { result: { value: number } };
  const { rows } = await postgres.query<{ pid: number }>(
    `select pid from pg_stat_activity where application_name in ('weft reader', 'weft slow reader')`,
  );
  const backends = rows.map((row) => kbOf(row.pid, 'RssAnon') / 1024);
  return {
    heapMb: result.value / 1024 ** 2,
    rssMb: kbOf(pid, 'VmRSS') / 1024,
    backends: backends.length,
    backendsMb: backends.reduce((sum, mb) => sum + mb, 0),
    largestBackendMb: Math.max(0, ...backends),
  };
}

/** A line of proc(5)'s status; 0 of a process that has ended. */
function kbOf(pid: number, name: string): number {
  try {
    return Number(
      new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0,
    );
  } catch {
    return 0;
  }
}
