import type { Sla } from './model.ts';
import type { OdcsSlaProperty } from './odcs.ts';

const SECONDS: readonly (readonly [seconds: number, names: string])[] = [
  [1, 's sec secs second seconds'],
  [60, 'm min mins minute minutes'],
  [3600, 'h hr hrs hour hours'],
  [86_400, 'd day days'],
  [604_800, 'w wk week weeks'],
  [2_629_746, 'mo mon month months'],
  [31_556_952, 'y yr yrs year years a'],
];
const EVERY: Readonly<Record<string, number>> = {
  hourly: 3600,
  daily: 86_400,
  weekly: 604_800,
  monthly: 2_629_746,
  yearly: 31_556_952,
};

export interface SlaFault {
  readonly index: number;
  readonly code: string;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

/** What the promises mean to Weft: when to refresh, and how old the data may be. The first of a kind counts. */
export function readSla(properties: readonly OdcsSlaProperty[]): { sla: Sla; faults: readonly SlaFault[] } {
  const faults: SlaFault[] = [];
  let refresh: Sla['refresh'] = null;
  let freshnessSeconds: number | null = null;
  let retentionSeconds: number | null = null;
  for (const [index, property] of properties.entries()) {
    const name = property.property.toLowerCase();
    if (['frequency', 'refreshfrequency', 'fy'].includes(name)) {
      const read = readRefresh(property);
      if ('fault' in read) faults.push({ index, code: 'SLA_SCHEDULE', message: read.fault, severity: read.severity });
      else refresh ??= read.refresh;
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
  return { sla: { refresh, freshnessSeconds, retentionSeconds, promises }, faults };
}

/** `4` and `d`; `P1DT12H`; `daily`. Null where it is no length of time above zero. */
export function durationSeconds(value: unknown, unit: string | undefined): number | null {
  const text = String(value).trim().toLowerCase();
  if (Object.hasOwn(EVERY, text)) return EVERY[text] ?? null;
  const iso =
    /^p(?:([\d.]+)y)?(?:([\d.]+)m)?(?:([\d.]+)w)?(?:([\d.]+)d)?(?:t(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s)?)?$/.exec(
      text,
    );
  if (iso !== null) {
    const each = [31_556_952, 2_629_746, 604_800, 86_400, 3600, 60, 1];
    // Groups that matched nothing are undefined, whatever their type says.
    const counts: (string | undefined)[] = iso.slice(1);
    return positive(each.reduce((sum, seconds, index) => sum + Number(counts[index] ?? 0) * seconds, 0));
  }
  const [, count, inline] = /^([\d.]+)\s*([a-z]*)$/.exec(text) ?? [];
  if (count === undefined) return null;
  const name = (inline === '' ? unit : inline)?.trim().toLowerCase();
  const found = SECONDS.find(([, names]) => name !== undefined && names.split(' ').includes(name));
  return found === undefined ? null : positive(Number(count) * found[0]);
}

type Read = { readonly refresh: Sla['refresh'] } | { readonly fault: string; readonly severity: 'error' | 'warning' };

function readRefresh(property: OdcsSlaProperty): Read {
  const { schedule, scheduler, value, unit } = property;
  if (schedule !== undefined && (scheduler === undefined || scheduler.toLowerCase() === 'cron')) {
    const expression = schedule.trim().replace(/\s+/g, ' ');
    if (!isCron(expression))
      return {
        fault: `"${expression.slice(0, 60)}" is no cron expression of five fields, such as 30 6 * * *.`,
        severity: 'error',
      };
    const timezone = property.customProperties?.find((custom) => custom.property === 'timezone')?.value;
    return { refresh: { kind: 'cron', expression, timezone: typeof timezone === 'string' ? timezone : null } };
  }
  const seconds = durationSeconds(value, unit);
  if (seconds === null)
    return {
      fault: `frequency ${String(value).slice(0, 40)} ${unit ?? ''} is no length of time, such as 1 with unit d, or P1D; nothing is scheduled.`,
      severity: 'warning',
    };
  return { refresh: { kind: 'every', seconds } };
}

const LIMITS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;
const NAMES = /jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat/gi;

function isCron(expression: string): boolean {
  const fields = expression.split(' ');
  if (fields.length !== 5) return false;
  return fields.every((field, index) => {
    const [low, high] = LIMITS[index] ?? [0, 0];
    return field
      .replace(NAMES, String(low))
      .split(',')
      .every((part) => {
        const [, from, to, step] = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part) ?? [];
        const matched = /^(?:\*|\d+(?:-\d+)?)(?:\/\d+)?$/.test(part);
        const within = [from, to].every(
          (bound) => bound === undefined || (Number(bound) >= low && Number(bound) <= high),
        );
        return matched && within && Number(step ?? 1) > 0;
      });
  });
}

function positive(seconds: number): number | null {
  return Number.isFinite(seconds) && seconds > 0 ? Math.round(seconds) : null;
}
