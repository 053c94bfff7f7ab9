import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import { workerChild } from '../../gateway/up/worker-child.ts';
import type { TestTemporal } from '../testkit/temporal.ts';

/** A worker in a process of its own, as `up` starts one. */
export interface WorkerProcess {
  readonly pid: number;
  /** What it logged. */
  output(): string;
  /** Resolves with the signal that ended it, or null where it ended by itself. */
  readonly ended: Promise<NodeJS.Signals | null>;
  /** Ctrl-C; resolves with the time it took. */
  stop(): Promise<number>;
  /** Resolves once a SIGSTOP has stopped it. */
  stopped(): Promise<void>;
  /** After a SIGSTOP. */
  goOn(): void;
}

/** Starts a worker and resolves once it says that it is ready. */
export async function startWorker(settings: {
  databaseUrl: string;
  temporal: TestTemporal;
  home: string;
  env?: Record<string, string>;
}): Promise<WorkerProcess> {
  const spec = workerChild({
    ...process.env,
    NODE_OPTIONS: '',
    DATABASE_URL: settings.databaseUrl,
    TEMPORAL_ADDRESS: settings.temporal.address,
    TEMPORAL_NAMESPACE: settings.temporal.namespace,
    WEFT_HOME: settings.home,
    ...settings.env,
  });
  const child: ChildProcess = spawn(spec.command, spec.args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: spec.env,
  });
  let output = '';
  const hear = (chunk: Buffer): void => void (output += chunk.toString());
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code, signal) => {
      // One that a test has killed so early is as it wanted it.
      if (signal === 'SIGKILL') resolve();
      else reject(new Error(`The worker ended with ${code} before it was ready:\n${output}`));
    });
  });
  return {
    pid: child.pid!,
    output: () => output,
    ended,
    stop: async () => {
      const startedMs = performance.now();
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
      return performance.now() - startedMs;
    },
    stopped: async () => {
      while (!isStopped(child.pid!)) await sleep(50);
    },
    goOn: () => void child.kill('SIGCONT'),
  };
}

/** Asks for a minute until there is an answer; where none comes, says what the worker logged. */
export async function answerBeside<Value>(
  worker: Pick<WorkerProcess, 'output'>,
  ask: () => Promise<Value | null | false | undefined>,
): Promise<Value> {
  const untilMs = Date.now() + 60_000;
  while (Date.now() < untilMs) {
    const answer = await ask();
    if (answer !== null && answer !== false && answer !== undefined) return answer;
    await sleep(50);
  }
  throw new Error(`It did not come about:\n${worker.output().slice(-3000)}`);
}

/** By `ps`, whose letter for it is T; throws where the process is gone. */
function isStopped(pid: number): boolean {
  return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('T');
}
