import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { childrenCpuMs } from '../query/cpu.ts';

/** What one load took. */
export interface Load {
  readonly rows: number;
  readonly seconds: number;
  /** Of the processes that load: PostgreSQL is none of them. */
  readonly clientCpuSeconds: number;
  readonly peakMiB: number;
}

/** How often memory is looked at: what it looks at never sinks. */
const LOOK_MS = 20;

/** Runs a program that loads `rows`, to its end. Throws with what it said where it fails. */
export async function loadBy(
  rows: number,
  {
    command,
    args,
    env,
    input,
  }: { command: string; args: readonly string[]; env?: Record<string, string>; input?: string },
): Promise<Load & { readonly said: string }> {
  const startedMs = performance.now();
  const before = childrenCpuMs();
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  child.stdin.end(input ?? '');
  let [peakMiB, said, complained] = [0, '', ''];
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complained += chunk.toString()));
  const look = setInterval(() => (peakMiB = Math.max(peakMiB, peakOf(child.pid!))), LOOK_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearInterval(look));
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${complained.slice(-2000)}${said.slice(-2000)}`);
  return {
    rows,
    seconds: (performance.now() - startedMs) / 1000,
    clientCpuSeconds: (childrenCpuMs() - before) / 1000,
    peakMiB,
    said,
  };
}

/** The most memory in MiB that a process ever held (VmHWM of proc(5)), or since `forgetPeak`; 0 where it is gone. */
export function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** From here on the peak of a process is what it holds now. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
