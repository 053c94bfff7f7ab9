import type { RefreshSchedule, Sla } from './model.ts';
import { durationSeconds, milliseconds } from './duration.ts';
import type { OdcsSlaProperty } from './odcs.ts';

const DAY = 86_400;
const MINUTES_A_DAY = 1_440;
/** After a night without Temporal one refresh is wanted, not one for each hour missed: so late a start is still made up for. */
const CATCH_UP_SECONDS = 600;
export interface SlaFault {
  readonly index: number;
  readonly code: string;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

/** What the promises mean to Weft: when to refresh, and how old the data may be. The first of a kind counts. */
export function readSla(properties: readonly OdcsSlaProperty[]): {
  sla: Omit<Sla, 'objectives' | 'latencyMs'>;
  faults: readonly SlaFault[];
} {
  const faults: SlaFault[] = [];
  let refresh: RefreshSchedule | null = null;
  let available: RefreshSchedule | null = null;
  let freshnessSeconds: number | null = null;
  let retentionSeconds: number | null = null;
  for (const [index, property] of properties.entries()) {
    const name = property.property.toLowerCase();
    const isAvailability = ['timeofavailability', 'ta'].includes(name);
    if (isAvailability || ['frequency', 'refreshfrequency', 'fy'].includes(name)) {
      const read = isAvailability ? readAvailability(property) : readRefresh(property);
      if ('fault' in read) faults.push({ index, code: 'SLA_SCHEDULE', message: read.fault, severity: read.severity });
      else if (isAvailability) available ??= read.refresh;
      else refresh ??= read.refresh;
    } else if (name === 'latency' && milliseconds(property.value, property.unit) !== null) {
      // In milliseconds it is of reads, and says nothing of the data's age.
    } else if (['freshness', 'latency', 'timeliness', 'retention', 're'].includes(name)) {
      const seconds = durationSeconds(property.value, property.unit);
      if (seconds === null)
        faults.push({
          index,
          code: 'SLA_DURATION',
          message: `${property.property} is no length of time, such as 2 with unit d, or P2D; it is listed and not acted on.`,
          severity: 'warning',
        });
      // Of several, for one element or another, the longest: what one of them keeps is not dropped.
      else if (name === 'retention' || name === 're') retentionSeconds = Math.max(retentionSeconds ?? 0, seconds);
      // Freshness is the promise proper; latency stands in for it.
      else if (freshnessSeconds === null || name === 'freshness') freshnessSeconds = seconds;
    }
  }
  const promises = properties.map(({ property, value, unit, element, description }) => ({
    property,
    value: String(value),
    unit: unit ?? null,
    element: element ?? null,
    description: description ?? null,
  }));
  // When data shall be there says when a daily refresh starts; a cron expression says that itself, and what comes more often is there anyway.
  if (available !== null && (refresh === null || (refresh.kind === 'every' && refresh.seconds === DAY)))
    refresh = available;
  return { sla: { refresh, freshnessSeconds, retentionSeconds, promises }, faults };
}

type Fault = { readonly fault: string; readonly severity: 'error' | 'warning' };
type Read = { readonly refresh: RefreshSchedule } | Fault;

function readRefresh(property: OdcsSlaProperty): Read {
  const { schedule, scheduler, value, unit } = property;
  const settings = readSettings(property);
  if ('fault' in settings) return settings;
  const { timezone, ...policies } = settings;
  if (schedule !== undefined && (scheduler === undefined || scheduler.toLowerCase() === 'cron')) {
    const expression = schedule.trim().replace(/\s+/g, ' ');
    if (!isCron(expression))
      return error(
        `"${expression.slice(0, 60)}" is no cron expression of five fields that comes true, such as 30 6 * * *.`,
      );
    return { refresh: { kind: 'cron', expression, timezone, ...policies } };
  }
  const seconds = durationSeconds(value, unit);
  if (seconds === null)
    return {
      fault: `frequency ${String(value).slice(0, 40)} ${unit ?? ''} is no length of time, such as 1 with unit d, or P1D; nothing is scheduled.`,
      severity: 'warning',
    };
  return { refresh: { kind: 'every', seconds, ...policies } };
}

/** `09:00`, in the zone that `timezone` names, else UTC; `09:00-08:00`, as ODCS has it, with the offset from UTC. */
function readAvailability(property: OdcsSlaProperty): Read {
  const settings = readSettings(property);
  if ('fault' in settings) return settings;
  const text = String(property.value).trim();
  const [, hour, minute, sign, offsetHour, offsetMinute] =
    /^([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?:Z|([+-])(0\d|1[0-4]):?([0-5]\d))?$/i.exec(text) ?? [];
  if (hour === undefined)
    return error(`${property.property} ${text.slice(0, 40)} is no time of day, such as 09:00 or 09:00-08:00.`);
  const offset = Number(offsetHour ?? 0) * 60 + Number(offsetMinute ?? 0);
  const inUtc = sign !== undefined || /Z$/i.test(text);
  if (inUtc && settings.timezone !== null)
    return error(`${property.property} has an offset from UTC and a time zone besides: name one of them.`);
  const minuteOfDay = Number(hour) * 60 + Number(minute) - (sign === '-' ? -offset : offset);
  const availableAtMinute = (minuteOfDay + MINUTES_A_DAY) % MINUTES_A_DAY;
  return { refresh: { kind: 'daily', availableAtMinute, ...settings } };
}

type Settings = Pick<RefreshSchedule, 'jitterSeconds' | 'overlap' | 'catchUpSeconds'> & {
  readonly timezone: string | null;
};

/** For what ODCS has no word: custom properties of the promise. */
function readSettings({ customProperties }: OdcsSlaProperty): Settings | Fault {
  const given = new Map(customProperties?.map(({ property, value }) => [property.toLowerCase(), value]));
  const timezone = given.get('timezone') ?? null;
  if (timezone !== null && !isTimezone(timezone))
    return error(`timezone ${shown(timezone)} is no zone of the IANA database, such as Europe/Berlin.`);
  const overlap = given.get('overlap') ?? 'skip';
  if (!isOverlap(overlap)) return error(`overlap ${shown(overlap)} is none of ${OVERLAPS.join(', ')}.`);
  const jitterSeconds = secondsOf(given.get('jitter'), 0);
  if (jitterSeconds === null) return error(`jitter ${shown(given.get('jitter'))} is no length of time, such as 5m.`);
  const catchUpSeconds = secondsOf(given.get('catchup'), CATCH_UP_SECONDS);
  if (catchUpSeconds === null)
    return error(`catchUp ${shown(given.get('catchup'))} is no length of time, such as PT1H.`);
  return { timezone, overlap, jitterSeconds, catchUpSeconds };
}

function secondsOf(value: unknown, otherwise: number): number | null {
  if (value === undefined) return otherwise;
  return value === 0 ? 0 : durationSeconds(value, undefined);
}

const OVERLAPS = ['skip', 'follow', 'replace'] as const satisfies readonly RefreshSchedule['overlap'][];

function isOverlap(value: unknown): value is RefreshSchedule['overlap'] {
  return OVERLAPS.some((one) => one === value);
}

/** As the database spells it: Temporal knows no other spelling. */
function isTimezone(value: unknown): value is string {
  if (typeof value !== 'string' || !/^[A-Z]\w*(?:[/+-]\w+)*$/.test(value)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions();
    return timeZone === value || timeZone.toLowerCase() !== value.toLowerCase();
  } catch {
    return false;
  }
}

function error(fault: string): Fault {
  return { fault, severity: 'error' };
}

function shown(value: unknown): string {
  return JSON.stringify(value ?? null).slice(0, 60);
}

const LIMITS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;
/** By the field that they may stand in, with the number of the first. */
const NAMES: Readonly<Record<number, { readonly first: number; readonly names: readonly string[] }>> = {
  3: { first: 1, names: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ') },
  4: { first: 0, names: 'sun mon tue wed thu fri sat'.split(' ') },
};
const DAYS_OF_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Five fields within their limits, of a day that there is: `0 0 30 2 *` would wait for ever. */
function isCron(expression: string): boolean {
  const fields = expression.split(' ').map(members);
  const [, , days, months] = fields;
  if (fields.length !== 5 || fields.some((field) => field === null)) return false;
  if (expression.split(' ')[4] !== '*') return true;
  const first = Math.min(...(days ?? []));
  return (months ?? []).some((month) => first <= (DAYS_OF_MONTHS[month - 1] ?? 0));
}

/** The numbers that a field stands for; null where it stands for none. */
function members(field: string, index: number): number[] | null {
  const [low, high] = LIMITS[index] ?? [0, 0];
  const found: number[] = [];
  for (const part of field.split(',')) {
    const [, all, from, to, step] = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part) ?? [];
    if (all === undefined && from === undefined) return null;
    const first = from === undefined ? low : number(from, index);
    const last = to !== undefined ? number(to, index) : from === undefined || step !== undefined ? high : first;
    const by = Number(step ?? 1);
    if (!(low <= first && first <= last && last <= high && by > 0)) return null;
    for (let one = first; one <= last; one += by) found.push(one);
  }
  return found;
}

/** NaN where it is none: it is within no limits. */
function number(text: string, index: number): number {
  if (/^\d+$/.test(text)) return Number(text);
  const named = NAMES[index];
  const at = named?.names.indexOf(text.toLowerCase()) ?? -1;
  return named === undefined || at < 0 ? Number.NaN : named.first + at;
}
