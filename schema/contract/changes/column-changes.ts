import type { Property } from '../model.ts';
import { typeFamily } from '../types.ts';
import type { Compared, Draft, Place } from './draft.ts';

/** What SQL that reads the table can tell and no query can: the column's name, and its type where the graph's is the same. */
export function columnChanges(
  was: Property,
  is: Property,
  { subject, ...place }: Place & { subject: string },
): Compared {
  const drafts: Draft[] = [];
  const explained: string[] = [];
  if (was.column !== is.column && was.name === is.name) {
    const message = `The column of ${subject} was ${was.column} and is ${is.column}.`;
    drafts.push({ code: 'COLUMN_RENAMED', message, subject, ...place });
    explained.push('physicalName');
  }
  if (was.pgType !== is.pgType) {
    explained.push('physicalType', 'logicalType');
    // Where the graph has another type, too, that is the change.
    if (was.scalar === is.scalar && was.list === is.list) {
      const message = `The column of ${subject} was ${was.pgType} and is ${is.pgType}.`;
      drafts.push({ code: columnShift(was.pgType, is.pgType), message, subject, ...place });
    }
  }
  return { drafts, explained };
}

/** Of decimals, the one with more digits before and after the point is wider; without bounds it is the widest. */
function columnShift(was: string, is: string): 'COLUMN_WIDENED' | 'COLUMN_NARROWED' | 'COLUMN_TYPE_CHANGED' {
  if (typeFamily(was) !== typeFamily(is)) return 'COLUMN_TYPE_CHANGED';
  const [old, now] = [digits(was), digits(is)];
  if (now.whole >= old.whole && now.scale >= old.scale) return 'COLUMN_WIDENED';
  if (now.whole <= old.whole && now.scale <= old.scale) return 'COLUMN_NARROWED';
  return 'COLUMN_TYPE_CHANGED';
}

function digits(pgType: string): { whole: number; scale: number } {
  const [, precision, scale] = /^numeric\((\d+),(\d+)\)$/.exec(pgType) ?? [];
  if (precision === undefined || scale === undefined) return { whole: Infinity, scale: Infinity };
  return { whole: Number(precision) - Number(scale), scale: Number(scale) };
}
