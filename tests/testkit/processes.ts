import { fork, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { identify } from '../../gateway/up/identity.ts';

const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** Starts a TypeScript file of the fixtures in a process of its own, with a channel. */
export function forkFixture(file: URL, env: NodeJS.ProcessEnv, ...args: string[]): ChildProcess {
  return fork(file, args, { env, execArgv: ['--import', LOADER], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

/** The first thing that the process says over its channel; throws where it ends without. */
export function firstMessage<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as Message));
    child.once('exit', (code) => reject(new Error(`It ended with ${code} and said nothing`)));
  });
}

/** SIGKILL, and resolves when the process is gone. */
export async function killHard(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await over;
}

/** True while a process of this pid runs (a zombie does not). */
export function runs(pid: number): boolean {
  return identify(pid) !== null;
}

/** Waits until none of the processes runs; throws after `withinMs`, naming those that do. */
export async function untilGone(pids: readonly number[], withinMs = 10_000): Promise<void> {
  const until = Date.now() + withinMs;
  while (pids.some(runs)) {
    if (Date.now() > until) throw new Error(`Still running: ${pids.filter(runs).join(', ')}`);
    await sleep(20);
  }
}
