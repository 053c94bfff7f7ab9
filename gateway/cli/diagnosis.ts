/** One thing that `doctor` looked at; a failure has its fix. */
export interface Diagnosis {
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly message: string;
  readonly fix: string | null;
}

/** Passed where `isGood`, else failed with its fix. */
export function judged(name: string, isGood: boolean, message: string, fix: string): Diagnosis {
  return isGood ? passed(name, message) : failed(name, message, fix);
}

/** As it should be. */
export function passed(name: string, message: string): Diagnosis {
  return { name, state: 'passed', message, fix: null };
}

/** Not as it should be, and how it is mended. */
export function failed(name: string, message: string, fix: string): Diagnosis {
  return { name, state: 'failed', message, fix };
}

/** Not to be judged from here. */
export function skipped(name: string, message: string): Diagnosis {
  return { name, state: 'skipped', message, fix: null };
}
