import { closeSync, openSync } from 'node:fs';
import type { Stage } from '../schema/run.ts';

/**
 * Moments at which tests disturb the worker: a stage has done all its work and not committed it, or committed and not answered; a delivery
 * has written a part, all and shown nothing, or shown it and told nobody.
 */
export type CrashPoint =
  | 'land:copying'
  | 'transform:copying'
  | `${Stage}:${'ending' | 'ended'}`
  | `deliver:${'writing' | 'showing' | 'shown'}`;

/** As WEFT_CRASH_AT says it: `SIGKILL@land:copying,<file>`; SIGSTOP for a worker that is not heard of and comes back. */
export interface CrashSetting {
  readonly signal: 'SIGKILL' | 'SIGSTOP';
  readonly point: string;
  readonly file: string;
}

/**
 * What sends this process the signal at the named point, once: `file` is made first, and where it exists nothing happens.
 * Without a setting, which is so outside tests, it does nothing.
 */
export function crashAt(setting: CrashSetting | null): (point: CrashPoint) => void {
  return (point) => {
    if (setting?.point !== point) return;
    try {
      closeSync(openSync(setting.file, 'wx'));
    } catch {
      return;
    }
    process.kill(process.pid, setting.signal);
  };
}

/** Reads the setting; null where it is none. */
export function readCrash(text: string): CrashSetting | null {
  const [, signal, point, file] = /^(SIGKILL|SIGSTOP)@([a-z:]+),(.+)$/s.exec(text) ?? [];
  if (signal === undefined || point === undefined || file === undefined) return null;
  return { signal: signal === 'SIGSTOP' ? 'SIGSTOP' : 'SIGKILL', point, file };
}
