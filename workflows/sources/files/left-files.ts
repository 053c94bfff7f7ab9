import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Brought } from './remote-state.ts';

/** Between two stages of a run lie moments: after so long it goes on elsewhere, or not at all. */
const LEFT_MS = 5 * 60_000;
/** Of all runs together: as much as one source may have. What is more is brought again. */
const LEFT_BYTES = 20 * 1024 ** 3;

interface Left {
  readonly path: string;
  readonly brought: Brought;
  readonly forget: NodeJS.Timeout;
}

const left = new Map<string, Left>();

/**
 * Leaves a file that was brought whole into a piece of work's folder to whoever asks for `key` next in this process. It has one owner at any
 * time: who takes it, or nobody for a few minutes, and then it is removed.
 */
export async function leaveFile(key: string, path: string, brought: Brought): Promise<void> {
  const bytes = [...left.values()].reduce((sum, one) => sum + one.brought.size, brought.size);
  if (left.has(key) || bytes > LEFT_BYTES) return;
  const beside = join(dirname(dirname(path)), `${randomUUID()}.left`);
  await rename(path, beside);
  const forget = setTimeout(() => {
    left.delete(key);
    void rm(beside, { force: true });
  }, LEFT_MS);
  left.set(key, { path: beside, brought, forget: forget.unref() });
}

/** Takes what was left for `key`, to `path`; null where nothing was. */
export async function takeFile(key: string, path: string): Promise<Brought | null> {
  const found = left.get(key);
  if (found === undefined) return null;
  left.delete(key);
  clearTimeout(found.forget);
  await rename(found.path, path);
  return found.brought;
}
