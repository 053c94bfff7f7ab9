import { fork, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { LoadAsk, LoadResult } from './load-child.ts';

/** The load generator, in a process of its own: its CPU is nobody else's. */
export interface Load {
  run(ask: LoadAsk): Promise<LoadResult>;
  stop(): void;
}

/** Starts it; one load runs at a time. */
export function startLoad(): Load {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const child: ChildProcess = fork(new URL('./load-child.ts', import.meta.url), [], {
    execArgv: ['--import', loader],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return {
    run: (ask) =>
      new Promise((resolve, reject) => {
        const ended = (): void => reject(new Error('The load generator has ended.'));
        child.once('exit', ended);
        child.once('message', (result) => {
          child.off('exit', ended);
          // What load-child.ts sends, and nobody else.
          resolve(result as LoadResult);
        });
        child.send(ask);
      }),
    stop: () => {
      if (child.connected) child.disconnect();
    },
  };
}
