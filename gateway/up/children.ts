import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { StartFailure } from './failure.ts';
import { lastWords } from './last-words.ts';
import type { Ask, ChildRegistry } from './registry.ts';

interface Step {
  readonly signal: Ask;
  readonly patienceMs: number;
}

/** A process that is kept alive until it is stopped. */
export interface ChildSpec {
  /** Names its log (`logs/<name>.log`) and its place in the registry. */
  readonly name: string;
  /** How a sentence speaks of it: `the worker`. */
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Run as this user; only root may say so. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Resolves when it serves; where absent, the child says so itself over an IPC channel. */
  readonly isReady?: (signal: AbortSignal) => Promise<void>;
  /** What must hold before each start, also before a restart. */
  readonly prepare?: () => Promise<void>;
  readonly readyWithinMs: number;
  /** How it is asked to end: one signal after another, each with its patience; SIGKILL comes last by itself. */
  readonly stop: readonly [Step, ...Step[]];
}

export interface ChildPlace {
  readonly logs: string;
  readonly registry: ChildRegistry;
  /** Aborted when all is to end, also while a child has not become ready yet. */
  readonly signal?: AbortSignal;
  /** A child died and is being started again. */
  readonly onRestart?: (line: string) => void;
  /** A child cannot be kept alive: nothing more is tried. */
  readonly onGiveUp?: (failure: StartFailure) => void;
}

/** A supervised process. `stop` resolves when it has ended, and never rejects. */
export interface Child {
  readonly name: string;
  pid(): number | null;
  stop(): Promise<void>;
}

/** First pause before a restart; it doubles with each death in a row. A killed worker is back in half a second. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** So many deaths in a row, about 45 s in all, mean that the next start would end the same way. */
const DEATHS_TOLERATED = 10;
/** A child that served this long was sound: its next death counts as the first. */
const SOUND_AFTER_MS = 60_000;
/** A log is put aside at the start after it has grown beyond this; the one before it is dropped. */
const LOG_KEPT_BYTES = 20 * 1024 * 1024;

/** Starts a process and resolves when it is ready; from then on it is started again whenever it dies. */
export async function startChild(spec: ChildSpec, place: ChildPlace): Promise<Child> {
  const log = join(place.logs, `${spec.name}.log`);
  const stopping = new AbortController();
  // Where all is to end, what dies meanwhile is not started again.
  const isEnding = (): boolean => stopping.signal.aborted || place.signal?.aborted === true;
  let current: ChildProcess | null = null;
  let deaths = 0;

  async function launch(): Promise<void> {
    await spec.prepare?.();
    if (isEnding()) throw new StartFailure(`${capital(spec.title)} was stopped before it was ready.`);
    rotate(log);
    const logFrom = sizeOf(log);
    const child = spawnChild(spec, log);
    current = child;
    const ended = whenEnded(child);
    if (child.pid !== undefined) place.registry.remember(spec.name, child.pid, spec.stop[0].signal);
    void ended.then(() => child.pid !== undefined && place.registry.forget(spec.name, child.pid));
    const launching = new AbortController();
    const outcome = await Promise.race([
      ended,
      (spec.isReady?.(launching.signal) ?? saysReady(child)).then(() => 'ready' as const),
      sleep(spec.readyWithinMs, 'late' as const, { signal: launching.signal, ref: false }),
      aborted(place.signal, launching.signal),
    ]).finally(() => launching.abort());
    if (outcome !== 'ready') {
      await endPolitely(child, spec);
      if (outcome === 'aborted') throw new StartFailure(`${capital(spec.title)} was stopped before it was ready.`);
      const how = outcome === 'late' ? `was not ready within ${spec.readyWithinMs / 1000} s` : outcome;
      throw new StartFailure(`${capital(spec.title)} ${how}; see ${log}${lastWords(log, logFrom)}`);
    }
    const readyAt = Date.now();
    void ended.then((how) => {
      if (isEnding()) return;
      if (Date.now() - readyAt > SOUND_AFTER_MS) deaths = 0;
      void revive(`${capital(spec.title)} ${how}`, logFrom);
    });
  }

  async function revive(what: string, logFrom: number): Promise<void> {
    for (let why = what; ;) {
      deaths += 1;
      if (deaths > DEATHS_TOLERATED) {
        place.onGiveUp?.(new StartFailure(`${why}, ${deaths} times in a row; see ${log}${lastWords(log, logFrom)}`));
        return;
      }
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (deaths - 1), LONGEST_PAUSE_MS);
      place.onRestart?.(`${why}; starting it again in ${pauseMs / 1000} s`);
      try {
        await sleep(pauseMs, undefined, { signal: stopping.signal });
        await launch();
        return;
      } catch (error) {
        if (isEnding()) return;
        why = error instanceof Error ? error.message : String(error);
      }
    }
  }

  await launch();
  return {
    name: spec.name,
    pid: () => current?.pid ?? null,
    async stop() {
      stopping.abort();
      if (current !== null) await endPolitely(current, spec);
    },
  };
}

function spawnChild(spec: ChildSpec, log: string): ChildProcess {
  const output = openSync(log, 'a', 0o600);
  try {
    return spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: spec.env,
      // A group of its own: Ctrl-C goes to the parent alone, which then stops all in order.
      detached: true,
      stdio: spec.isReady === undefined ? ['ignore', output, output, 'ipc'] : ['ignore', output, output],
      ...spec.user,
    });
  } finally {
    closeSync(output);
  }
}

function whenEnded(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(`could not be started (${error.message})`));
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`);
    });
  });
}

function saysReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.on('message', (message) => {
      // Whatever JSON the child sends: schema/lifecycle.ts sends `{ ready: true }`.
      if ((message as { ready?: unknown } | null)?.ready === true) resolve();
    });
  });
}

async function endPolitely(child: ChildProcess, spec: ChildSpec): Promise<void> {
  for (const { signal, patienceMs } of spec.stop) if (await end(child, signal, patienceMs)) return;
  await end(child, 'SIGKILL', 0);
}

/** Resolves when `signal` is aborted; listens no longer than until `over`. */
function aborted(signal: AbortSignal | undefined, over: AbortSignal): Promise<'aborted'> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve('aborted');
    signal?.addEventListener('abort', () => resolve('aborted'), { once: true, signal: over });
  });
}

/** True when the process has ended within the time; SIGKILL is waited for without limit. */
async function end(child: ChildProcess, signal: NodeJS.Signals, patienceMs: number): Promise<boolean> {
  const isOver = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  if (isOver()) return true;
  const over = new Promise<true>((resolve) => child.once('exit', () => resolve(true)));
  child.kill(signal);
  return signal === 'SIGKILL' ? over : Promise.race([over, sleep(patienceMs, false, { ref: false })]);
}

function rotate(log: string): void {
  if (sizeOf(log) < LOG_KEPT_BYTES) return;
  rmSync(`${log}.1`, { force: true });
  renameSync(log, `${log}.1`);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
