import { requiredBump } from './bump.ts';
import type { Bump, Change } from './change.ts';

/** What changed, short: how much of each weight, and the weightiest in words. */
export interface ChangeSummary {
  readonly bump: Bump;
  readonly breaking: number;
  readonly risky: number;
  readonly safe: number;
  readonly headlines: readonly string[];
}

// What a line of a history can show; the whole is computed of the documents whenever it is asked for.
const HEADLINES = 3;

/** Of changes in the order of their weight. */
export function changeSummary(changes: readonly Change[]): ChangeSummary {
  const count = (weight: Change['weight']): number => changes.filter((change) => change.weight === weight).length;
  return {
    bump: requiredBump(changes),
    breaking: count('breaking'),
    risky: count('risky'),
    safe: count('safe'),
    // A version is another whenever anything is.
    headlines: changes
      .filter(({ bump }) => bump !== 'none')
      .slice(0, HEADLINES)
      .map(({ message }) => message.slice(0, 200)),
  };
}
