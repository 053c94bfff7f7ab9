import type { StageDetail } from './activities.ts';

/** What several pieces of a stage counted, as one: numbers are added up, of words the last ones stay. */
export function summed(details: readonly StageDetail[]): StageDetail {
  const total: Record<string, number | string> = {};
  for (const detail of details)
    for (const [name, value] of Object.entries(detail))
      total[name] = typeof value === 'number' ? Number(total[name] ?? 0) + value : value;
  return total;
}
