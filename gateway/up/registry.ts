import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

import { isSystemError } from './failure.ts';
import { identify, isAlive, type ProcessIdentity } from './identity.ts';

/** How a process is asked to end: PostgreSQL takes SIGTERM for "when the last client has gone". */
const askSchema = z.enum(['SIGTERM', 'SIGINT', 'SIGQUIT']);
const entrySchema = z.object({ pid: z.number().int(), born: z.string(), ask: askSchema });
const entriesSchema = z.record(z.string(), entrySchema);
type Entry = z.infer<typeof entrySchema>;
/** The signals by which processes are asked to end. */
export type Ask = z.infer<typeof askSchema>;

/** Politeness towards a leftover: it has had no parent to serve since its own was killed. */
const LEFTOVER_TERM_MS = 5_000;

/** Remembers in a file which processes were started here, so that a later start can end those left behind. */
export class ChildRegistry {
  readonly #file: string;
  readonly #entries: Map<string, Entry>;

  constructor(folder: string) {
    this.#file = join(folder, 'children.json');
    this.#entries = new Map(Object.entries(readEntries(this.#file)));
  }

  /** Written before this returns: the parent may be killed in the next moment. */
  remember(name: string, pid: number, ask: Ask): void {
    const identity = identify(pid);
    if (identity === null) return;
    this.#entries.set(name, { ...identity, ask });
    this.#write();
  }

  /** Forgets a child that has ended; one that was started meanwhile under its name is kept. */
  forget(name: string, pid: number): void {
    if (this.#entries.get(name)?.pid !== pid) return;
    this.#entries.delete(name);
    this.#write();
  }

  /** The living, by name. */
  pids(): Record<string, number> {
    return Object.fromEntries([...this.#entries].map(([name, identity]) => [name, identity.pid]));
  }

  /** Ends what a killed parent left behind, the last started first, and says the names of what was ended. */
  async endLeftovers(): Promise<string[]> {
    const left = [...this.#entries].filter(([, entry]) => isAlive(entry)).reverse();
    for (const [, entry] of left) await endProcess(entry, entry.ask, LEFTOVER_TERM_MS);
    this.#entries.clear();
    this.#write();
    return left.map(([name]) => name);
  }

  /** Ends all at once, for one who won't wait: PostgreSQL recovers at its next start. */
  async killAll(): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => endProcess(entry, 'SIGKILL', LEFTOVER_TERM_MS)));
  }

  #write(): void {
    const draft = `${this.#file}.draft`;
    try {
      writeFileSync(draft, JSON.stringify(Object.fromEntries(this.#entries)), { mode: 0o600 });
      renameSync(draft, this.#file);
    } catch (error) {
      // Someone removed the folder under us; there is no later start on it that would read this.
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
  }
}

/** Asks a process to end, and after `patienceMs` makes it; true where asking was enough. */
export async function endProcess(who: ProcessIdentity, ask: Ask | 'SIGKILL', patienceMs: number): Promise<boolean> {
  if (!isAlive(who)) return true;
  signal(who.pid, ask);
  for (const until = Date.now() + patienceMs; Date.now() < until;) {
    if (!isAlive(who)) return true;
    await sleep(20);
  }
  signal(who.pid, 'SIGKILL');
  while (isAlive(who)) await sleep(20);
  return false;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself between the look and the signal.
  }
}

function readEntries(file: string): Record<string, Entry> {
  try {
    return entriesSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}
