import type { ShownChange } from './answer-shapes.ts';
import { plural } from './table.ts';
import { type Color, safeLine, type Terminal } from './terminal.ts';

const SIGN = { breaking: '!', risky: '~', safe: '+' } as const;
const COLOR = { breaking: 'red', risky: 'yellow', safe: 'green' } as const satisfies Record<
  ShownChange['weight'],
  Color
>;

/** Changes as `! PROPERTY_REMOVED  flights.delay  what was, what is`, the weightiest first, and a last line of counts. */
export function changesText(changes: readonly ShownChange[], { paint }: Pick<Terminal, 'paint'>): string {
  if (changes.length === 0) return 'Nothing changed.';
  const several = new Set(changes.map(({ product }) => product)).size > 1;
  const subject = (change: ShownChange): string =>
    safeLine(several ? `${change.product} ${change.subject}` : change.subject);
  const width = (pick: (change: ShownChange) => string): number => Math.max(...changes.map((one) => pick(one).length));
  const codes = width(({ code }) => safeLine(code));
  // One long subject, a composite key's say, must not push all messages out of sight.
  const subjects = Math.min(40, width(subject));
  const lines = changes.map((change) => {
    const sign = paint(COLOR[change.weight], SIGN[change.weight]);
    return [
      `${sign} ${safeLine(change.code).padEnd(codes)}`,
      subject(change).padEnd(subjects),
      safeLine(change.message),
    ].join('  ');
  });
  return [...lines, changeCounts(changes, { paint })].join('\n');
}

/** `1 breaking, 2 risky, 5 safe: at least a major version`. */
export function changeCounts(changes: readonly ShownChange[], { paint }: Pick<Terminal, 'paint'>): string {
  const count = (weight: ShownChange['weight']): number => changes.filter((one) => one.weight === weight).length;
  const counts = (['breaking', 'risky', 'safe'] as const).flatMap((weight) =>
    count(weight) === 0 ? [] : [paint(COLOR[weight], `${count(weight)} ${weight}`)],
  );
  return `${plural(changes.length, 'change')}: ${counts.join(', ')}; ${bumpText(neededBump(changes))}`;
}

/** The step of the version that all of them ask for. */
export function neededBump(changes: readonly Pick<ShownChange, 'bump'>[]): string {
  return ['major', 'minor', 'patch'].find((bump) => changes.some((change) => change.bump === bump)) ?? 'none';
}

/** In words. */
export function bumpText(bump: string): string {
  return bump === 'none' ? 'any version will do' : `at least a ${safeLine(bump)} version`;
}
