import type { Bump, Change } from './change.ts';

const BUMPS = ['none', 'patch', 'minor', 'major'] as const satisfies readonly Bump[];

/** The version that the changes ask for together: that of the weightiest. */
export function requiredBump(changes: readonly Pick<Change, 'bump'>[]): Bump {
  return BUMPS.findLast((bump) => changes.some((change) => change.bump === bump)) ?? 'none';
}

/** How a version goes beyond another; `lower` where it does not, `unreadable` where one is no semantic version. */
export type VersionStep = Bump | 'lower' | 'unreadable';

/**
 * The step from one version to the next (semver 2.0.0; build metadata counts for nothing). In 0.x, where everything may change, the minor
 * number stands for the major one, as in the ranges of package managers (`^0.3.1`): 0.3.1 to 0.4.0 is major, to 0.3.2 minor. After a
 * pre-release any later version is major, since a pre-release promises nothing; before one, its numbers count: 1.4.0 to 2.0.0-rc.1 is major.
 */
export function versionStep(live: string, next: string): VersionStep {
  const [old, now] = [readVersion(live), readVersion(next)];
  if (old === null || now === null) return 'unreadable';
  const order = compare(old, now);
  if (order === 0) return 'none';
  if (order > 0) return 'lower';
  if (old.pre.length > 0 || now.major > old.major) return 'major';
  if (old.major === 0) return now.minor > old.minor ? 'major' : 'minor';
  return now.minor > old.minor ? 'minor' : 'patch';
}

/** What is wrong with a version, for what changed; `atLeast` is the lowest that would do. */
export interface BumpShortfall {
  readonly needed: Bump;
  readonly step: VersionStep;
  readonly atLeast: string;
  /** One sentence: what changed most, what was found, what is expected. */
  readonly message: string;
}

/** Null where the next version goes as far beyond the live one as the changes ask, or where either is no semantic version. */
export function bumpShortfall(live: string, next: string, changes: readonly Change[]): BumpShortfall | null {
  const needed = requiredBump(changes);
  const step = versionStep(live, next);
  if (step === 'unreadable') return null;
  const isEnough = step !== 'lower' && BUMPS.indexOf(step) >= BUMPS.indexOf(needed);
  if (isEnough) return null;
  const atLeast = bumped(live, needed);
  const reason = changes.find(({ bump }) => bump === needed);
  const why = reason === undefined ? '' : ` (${reason.code}: ${reason.message})`;
  const found =
    step === 'lower'
      ? `${next} is lower than ${live}`
      : `${live} to ${next} is ${step === 'none' ? 'no step' : `a ${step} step`}`;
  const message = `What changed asks for a ${needed} version${why}, and ${found}: publish it as ${atLeast} or higher.`;
  return { needed, step, atLeast, message };
}

/** The lowest version that is such a step beyond the live one: `1.4.2` and `minor` make `1.5.0`; a pre-release becomes its release. */
export function bumped(live: string, bump: Bump): string {
  const version = readVersion(live);
  if (version === null || bump === 'none') return live;
  const { major, minor, patch, pre } = version;
  if (pre.length > 0) return `${major}.${minor}.${patch}`;
  if (major === 0) return bump === 'major' ? `0.${minor + 1}.0` : `0.${minor}.${patch + 1}`;
  if (bump === 'major') return `${major + 1}.0.0`;
  return bump === 'minor' ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
}

interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Identifiers of the pre-release; none in a release. */
  readonly pre: readonly string[];
}

function readVersion(text: string): Version | null {
  const [, major, minor, patch, pre] =
    /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/.exec(text) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return null;
  return { major: Number(major), minor: Number(minor), patch: Number(patch), pre: pre?.split('.') ?? [] };
}

/** Precedence by semver 2.0.0, §11: below zero where `a` comes before `b`. */
function compare(a: Version, b: Version): number {
  const numbers = a.major - b.major || a.minor - b.minor || a.patch - b.patch;
  if (numbers !== 0) return numbers;
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length);
  for (let at = 0; at < Math.max(a.pre.length, b.pre.length); at++) {
    const [one, other] = [a.pre[at], b.pre[at]];
    // Of two that are alike as far as they go, the longer comes later.
    if (one === undefined) return -1;
    if (other === undefined) return 1;
    const order = compareIdentifiers(one, other);
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers by size, before all words; words by their letters. */
function compareIdentifiers(a: string, b: string): number {
  const [first, second] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (first && second) return Number(a) - Number(b);
  if (first !== second) return first ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
