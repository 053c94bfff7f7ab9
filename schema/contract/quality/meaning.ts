import type { QualityRule } from '../model.ts';

/** What a rule of another tool asks for, in the words of the standard's own library. */
export type Meant = Pick<QualityRule, 'metric' | 'property' | 'arguments' | 'unit' | 'among' | 'expectation'>;

/** What it means exactly, or why it is not carried out. */
export type Reading = { readonly meant: Meant } | { readonly why: string };

/** Where a rule stands, and the property that a tool's name of a column means; null where there is none. */
export interface RuleAt {
  readonly property: string | null;
  readonly named: (column: string) => string | null;
}

/** The property that a rule is about: the one that it names, else the one that it stands at. */
export function propertyMeant(column: unknown, { property, named }: RuleAt): string | { readonly why: string } {
  if (column === undefined || column === null || column === '')
    return property ?? { why: 'it names no column, and stands at none' };
  const found = typeof column === 'string' ? named(column) : null;
  return found ?? { why: `its column ${JSON.stringify(column).slice(0, 60)} is no property` };
}

/** A range as a comparison, both ends in it; null where there is neither. */
export function within(low: unknown, high: unknown): QualityRule['expectation'] {
  const [lowest, highest] = [low ?? null, high ?? null];
  if (typeof lowest === 'number' && lowest === highest) return { operator: 'mustBe', operand: lowest };
  if (typeof lowest === 'number' && typeof highest === 'number')
    return { operator: 'mustBeBetween', operand: [lowest, highest] };
  if (typeof lowest === 'number' && highest === null) return { operator: 'mustBeGreaterOrEqualTo', operand: lowest };
  if (lowest === null && typeof highest === 'number') return { operator: 'mustBeLessOrEqualTo', operand: highest };
  return null;
}

/** No row may count. */
export const NONE = { operator: 'mustBe', operand: 0 } as const satisfies QualityRule['expectation'];
