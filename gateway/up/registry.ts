import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

import { identify, isAlive, type ProcessIdentity } from './identity.ts';

const entriesSchema = z.record(z.string(), z.object({ pid: z.number().int(), born: z.string() }));

/** Politeness towards a leftover: it has had no parent to serve since its own was killed. */
const LEFTOVER_TERM_MS = 5_000;

/** Remembers in a file which processes were started here, so that a later start can end those left behind. */
export class ChildRegistry {
  readonly #file: string;
  readonly #entries: Map<string, ProcessIdentity>;

  constructor(folder: string) {
    this.#file = join(folder, 'children.json');
    this.#entries = new Map(Object.entries(readEntries(this.#file)));
  }

  /** Written before this returns: the parent may be killed in the next moment. */
  remember(name: string, pid: number): void {
    const identity = identify(pid);
    if (identity === null) return;
    this.#entries.set(name, identity);
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

  /** Ends what a killed parent left behind, and says the names of what was ended. */
  async endLeftovers(): Promise<string[]> {
    const left = [...this.#entries].filter(([, identity]) => isAlive(identity));
    await Promise.all(left.map(([, identity]) => endProcess(identity, 'SIGTERM', LEFTOVER_TERM_MS)));
    this.#entries.clear();
    this.#write();
    return left.map(([name]) => name);
  }

  #write(): void {
    const draft = `${this.#file}.draft`;
    writeFileSync(draft, JSON.stringify(Object.fromEntries(this.#entries)), { mode: 0o600 });
    renameSync(draft, this.#file);
  }
}

/** Asks a process to end, and after `patienceMs` makes it; true where asking was enough. */
export async function endProcess(who: ProcessIdentity, ask: NodeJS.Signals, patienceMs: number): Promise<boolean> {
  if (!isAlive(who)) return true;
  signal(who.pid, ask);
  for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(20)) if (!isAlive(who)) return true;
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

function readEntries(file: string): Record<string, ProcessIdentity> {
  try {
    return entriesSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}
