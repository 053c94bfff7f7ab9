import { closeSync, openSync } from 'node:fs';

/** Moments at which tests kill the worker: WEFT_CRASH_AT=<point>,<file>. */
export type CrashPoint =
  'land:copying' | 'transform:copying' | 'audit:running' | 'publish:committing' | 'publish:committed';

/**
 * What ends this process with SIGKILL at the named point, once: `file` is made first, and where it exists nothing happens.
 * Without a setting, which is so outside tests, it does nothing.
 */
export function crashAt(setting: { point: string; file: string } | null): (point: CrashPoint) => void {
  return (point) => {
    if (setting?.point !== point) return;
    try {
      closeSync(openSync(setting.file, 'wx'));
    } catch {
      return;
    }
    process.kill(process.pid, 'SIGKILL');
  };
}
