import { durationSeconds } from './contract/duration.ts';
import type { Load } from './contract/model.ts';
import { Refusal } from './errors.ts';

/** What a watermark counts: moments, or anything that grows. */
export type RangeUnit = 'time' | 'number';

/** A stretch of a source by its watermark, in the form that the ledger keeps: moments in UTC (ISO 8601), or decimal digits. `ends` is no part of it. */
export interface BackfillRange {
  readonly unit: RangeUnit;
  readonly begins: string;
  readonly ends: string;
  /** How long a slice is: a duration in ISO 8601, or a number. */
  readonly step: string;
}

const NUMBER = /^-?\d{1,30}(\.\d{1,9})?$/;
/** Of a calendar's own length: Postgres counts them. */
const CALENDAR = /^P\d{1,4}[MY]$/i;

/**
 * By what a source can be read in slices; null where it cannot. What a history was before it was read is not told by rows as they are
 * now, and a log is read from where it was left.
 */
export function rangeUnit(load: Load | null): RangeUnit | null {
  if (load === null || load.watermark === null || !['merge', 'append'].includes(load.mode)) return null;
  return ['timestamptz', 'date'].includes(load.watermark.pgType) ? 'time' : 'number';
}

/**
 * Reads a range as people say it: `from` and `to` as a date, an RFC 3339 moment or a number, `by` as a duration or a number. Without
 * `to` it ends now; without `by` it is one slice. Refuses with BAD_INPUT.
 */
export function readRange(given: { from: string; to: string | null; by: string | null }, now: Date): BackfillRange {
  return NUMBER.test(given.from) ? numberRange(given) : timeRange(given, now);
}

function numberRange({ from, to, by }: { from: string; to: string | null; by: string | null }): BackfillRange {
  if (to === null || !NUMBER.test(to)) throw bad('to', to, 'a number, as from is');
  if (Number(to) <= Number(from)) throw bad('to', to, `more than from, which is ${from}`);
  if (by !== null && !(NUMBER.test(by) && Number(by) > 0)) throw bad('by', by, 'a number above 0');
  return { unit: 'number', begins: from, ends: to, step: by ?? String(Number(to) - Number(from) + 1) };
}

function timeRange({ from, to, by }: { from: string; to: string | null; by: string | null }, now: Date): BackfillRange {
  const begins = moment('from', from);
  const ends = to === null ? now : moment('to', to);
  if (ends <= begins) throw bad('to', to, `later than from, which is ${begins.toISOString()}`);
  return { unit: 'time', begins: begins.toISOString(), ends: ends.toISOString(), step: duration(by, begins, ends) };
}

function duration(by: string | null, begins: Date, ends: Date): string {
  if (by === null) return `PT${Math.ceil((ends.getTime() - begins.getTime()) / 1000)}S`;
  if (CALENDAR.test(by) && Number(/\d+/.exec(by)![0]) > 0) return by.toUpperCase();
  const seconds = durationSeconds(by, undefined);
  if (seconds === null || seconds < 1) throw bad('by', by, 'a length of time, such as P1D, PT6H or P1M');
  return `PT${Math.round(seconds)}S`;
}

function moment(name: string, text: string): Date {
  const isOne = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/i.test(text);
  const at = new Date(text);
  if (!isOne || Number.isNaN(at.getTime()) || !isDay(text.slice(0, 10)))
    throw bad(name, text, 'a date (2026-01-31), a moment with its zone (2026-01-31T06:00:00Z), or a number');
  return at;
}

/** JavaScript takes the 31st of February for the 3rd of March. */
function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function bad(name: string, found: string | null, expected: string): Refusal {
  return new Refusal('BAD_INPUT', `${name} must be ${expected}; found ${JSON.stringify(found?.slice(0, 60) ?? null)}.`);
}
