/** Why `up` cannot go on, in one sentence for the person who started it: what, why, and what to do. */
export class StartFailure extends Error {
  constructor(sentence: string, cause?: unknown) {
    super(sentence, cause === undefined ? undefined : { cause });
    this.name = 'StartFailure';
  }
}

/** True for an error of Node's system calls with one of these codes (`EEXIST`, `ENOENT`, …). */
export function isSystemError(error: unknown, ...codes: readonly string[]): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && codes.includes(code);
}
