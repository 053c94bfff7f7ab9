import type { Value } from '../../schema/contract/model.ts';
import { familyOf, type Family } from './values.ts';

const INTEGER = /^-?\d{1,19}$/;
const BIG_MIN = -(2n ** 63n);
const BIG_MAX = 2n ** 63n - 1n;
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?([Zz]|[+-]\d{2}:\d{2})$/;
const TIME = /^(\d{2}):(\d{2}):(\d{2})(\.\d{1,6})?$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Digits on either side of the point that Postgres and a reader can bear; longer ones only cost time. */
const DECIMAL_DIGITS = 1_000;

/** A 64-bit integer in canonical form, or null where `text` is none. */
export function parseBigInt(text: string): string | null {
  if (!INTEGER.test(text)) return null;
  // Exact as a number, which takes a tenth of the time.
  if (text.length < 16) return String(Number(text));
  const value = BigInt(text);
  return value >= BIG_MIN && value <= BIG_MAX ? value.toString() : null;
}

/** A decimal as Postgres reads it, not a digit changed; null where `text` is none. */
export function parseDecimal(text: string): string | null {
  const parts = DECIMAL.exec(text);
  if (parts === null) return null;
  const [, , whole = '', fraction = '', exponent = '0'] = parts;
  const digits = whole.length + fraction.length + Math.abs(Number(exponent));
  return digits <= DECIMAL_DIGITS ? text : null;
}

/** A day from 0001-01-01 to 9999-12-31 that the calendar has, or null. */
export function parseDate(text: string): string | null {
  const parts = DATE.exec(text);
  return parts !== null && dayExists(Number(parts[1]), Number(parts[2]), Number(parts[3])) ? text : null;
}

/** RFC 3339 with an offset, at most microseconds -> the same moment as `YYYY-MM-DDTHH:MM:SS.ffffffZ`; null where it is none. */
export function parseDateTime(text: string): string | null {
  const parts = DATE_TIME.exec(text);
  if (parts === null) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (!dayExists(year, month, day) || hour > 23 || minute > 59 || second > 59) return null;
  const offset = offsetMinutes(parts[8]!);
  if (offset === null) return null;
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  moment.setUTCHours(hour, minute - offset, second);
  const utcYear = moment.getUTCFullYear();
  if (utcYear < 1 || utcYear > 9999) return null;
  return `${moment.toISOString().slice(0, 19)}.${(parts[7] ?? '').padEnd(6, '0')}Z`;
}

/** A time of day, `12:30:00` to microseconds, or null. */
export function parseTime(text: string): string | null {
  const parts = TIME.exec(text);
  return parts !== null && Number(parts[1]) < 24 && Number(parts[2]) < 60 && Number(parts[3]) < 60 ? text : null;
}

/** What Postgres can hold as text: no NUL, no half of a surrogate pair. */
export function parseText(text: string): string | null {
  return text.includes('\0') || /\p{Surrogate}/u.test(text) ? null : text;
}

const BY_FAMILY: Readonly<Record<Exclude<Family, 'json'>, (text: string) => string | null>> = {
  integer: parseBigInt,
  numeric: parseDecimal,
  float: (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? text : null),
  text: parseText,
  boolean: (text) => (text === 'true' || text === 'false' ? text : null),
  date: parseDate,
  // A timestamp without zone is kept in UTC: without the Z, which Postgres would ignore.
  timestamp: (text) => parseDateTime(text)?.slice(0, -1) ?? null,
  timestamptz: parseDateTime,
  time: parseTime,
  uuid: (text) => (UUID.test(text) ? text : null),
};

/**
 * How a value of the graph becomes the text to bind: of an enum's member, what stands for it in the data. Null where a column of the
 * property's type cannot hold it, or there is no such member.
 */
export function valueParser(property: Value): (value: unknown) => string | null {
  const family = familyOf(property);
  if (family === 'json') return () => null;
  const parse = BY_FAMILY[family];
  const text = (value: unknown): string | null =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? parse(String(value)) : null;
  if (property.enum === null) return text;
  const values = new Map<unknown, string>(property.enum.members.map(({ name, value }) => [name, value]));
  return (member) => text(values.get(member));
}

function dayExists(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
}

function offsetMinutes(text: string): number | null {
  if (text === 'Z' || text === 'z') return 0;
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(4, 6))];
  if (hours > 23 || minutes > 59) return null;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
