import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

import type { TestTemporal } from '../testkit/temporal.ts';

const MAIN = fileURLToPath(new URL('../../workflows/main.ts', import.meta.url));

/** A worker in a process of its own, as `up` starts one. */
export interface WorkerProcess {
  readonly pid: number;
  /** What it logged. */
  output(): string;
  /** Resolves with the signal that ended it, or null where it ended by itself. */
  readonly ended: Promise<NodeJS.Signals | null>;
  /** Ctrl-C; resolves with the time it took. */
  stop(): Promise<number>;
}

/** Starts a worker and resolves once it says that it is ready. */
export async function startWorker(settings: {
  databaseUrl: string;
  temporal: TestTemporal;
  home: string;
  env?: Record<string, string>;
}): Promise<WorkerProcess> {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const child: ChildProcess = spawn(process.execPath, ['--import', loader, MAIN], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      DATABASE_URL: settings.databaseUrl,
      TEMPORAL_ADDRESS: settings.temporal.address,
      TEMPORAL_NAMESPACE: settings.temporal.namespace,
      WEFT_HOME: settings.home,
      ...settings.env,
    },
  });
  let output = '';
  const hear = (chunk: Buffer): void => void (output += chunk.toString());
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`The worker ended with ${code} before it was ready:\n${output}`)));
  });
  return {
    pid: child.pid!,
    output: () => output,
    ended,
    stop: async () => {
      const startedMs = performance.now();
      child.kill('SIGTERM');
      await ended;
      return performance.now() - startedMs;
    },
  };
}
