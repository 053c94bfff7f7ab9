import { isDeepStrictEqual } from 'node:util';
import type { OdcsSlaProperty } from '../odcs.ts';
import { durationSeconds } from '../duration.ts';
import type { ChangeCode } from './change-codes.ts';
import type { Draft } from './draft.ts';

/** Promises of which less is better, in time, and of which more is, by their names in ODCS, in lower case. */
const SOONER = new Set(
  'frequency refreshfrequency fy freshness latency ly timeliness timetodetect td timetonotify tn timetorepair tr timetorecover timetoresolve responsetime'.split(
    ' ',
  ),
);
const LONGER = new Set(
  'retention re availability av endofsupport es endoflife el throughput th generalavailability ga'.split(' '),
);
const ENDS = new Set(['endofsupport', 'es', 'endoflife', 'el']);
/** Shares of failures. */
const FEWER = new Set(['errorrate', 'er']);

/** The promises of a contract, by what they promise and of what: whether each is better or worse. */
export function slaChanges(
  was: readonly OdcsSlaProperty[] = [],
  is: readonly OdcsSlaProperty[] = [],
  file: string | null,
): Draft[] {
  const [before, after] = [byName(was), byName(is)];
  const drafts: Draft[] = [];
  const say = (code: ChangeCode, { property }: OdcsSlaProperty, message: string, index: number | null): void => {
    const path = index === null ? null : `slaProperties[${index}]`;
    drafts.push({ code, message, subject: `slaProperties.${property}`, file, path });
  };
  for (const [name, { promise }] of before)
    if (!after.has(name))
      say(isEnd(promise) ? 'SLA_BETTER' : 'SLA_REMOVED', promise, `${said(promise)} is promised no more.`, null);
  for (const [name, { promise, index }] of after) {
    const old = before.get(name)?.promise;
    if (old === undefined)
      say(isEnd(promise) ? 'SLA_WORSE' : 'SLA_ADDED', promise, `${said(promise)} is promised now.`, index);
    else if (!isDeepStrictEqual(old, promise))
      say(shift(old, promise), promise, `${said(old)} was promised; now it is ${said(promise)}.`, index);
  }
  return drafts;
}

/** What promises an end is worse than none. */
function isEnd({ property }: OdcsSlaProperty): boolean {
  return ENDS.has(property.toLowerCase());
}

/** Of one element a promise may stand several times, by driver; further ones are told apart by their order. */
function byName(promises: readonly OdcsSlaProperty[]): Map<string, { promise: OdcsSlaProperty; index: number }> {
  const named = new Map<string, { promise: OdcsSlaProperty; index: number }>();
  for (const [index, promise] of promises.entries()) {
    const name = [promise.property.toLowerCase(), promise.element ?? '', promise.driver ?? ''].join(' ');
    let unique = name;
    for (let count = 2; named.has(unique); count++) unique = `${name} ${count}`;
    named.set(unique, { promise, index });
  }
  return named;
}

function said({ property, value, unit, schedule, element }: OdcsSlaProperty): string {
  const what = schedule ?? [value, unit].filter((part) => part !== undefined).join(' ');
  return `${property} ${what}${element === undefined ? '' : ` of ${element}`}`.slice(0, 200);
}

function shift(was: OdcsSlaProperty, is: OdcsSlaProperty): ChangeCode {
  const promised = ({ value, valueExt, unit, schedule, scheduler }: OdcsSlaProperty): unknown => [
    value,
    valueExt,
    unit,
    schedule,
    scheduler,
  ];
  if (isDeepStrictEqual(promised(was), promised(is))) return 'DETAILS_CHANGED';
  const name = is.property.toLowerCase();
  const [old, now] = [amount(was), amount(is)];
  const isKnown = SOONER.has(name) || LONGER.has(name) || FEWER.has(name);
  if (was.schedule !== undefined || is.schedule !== undefined || !isKnown || old === null || now === null)
    return 'SLA_CHANGED';
  if (old === now) return 'DETAILS_CHANGED';
  return now > old === LONGER.has(name) ? 'SLA_BETTER' : 'SLA_WORSE';
}

/** Lengths of time in seconds, moments in milliseconds, shares and counts as they are; null for what has no order. */
function amount({ value, unit }: OdcsSlaProperty): number | null {
  const seconds = durationSeconds(value, unit);
  if (seconds !== null) return seconds;
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value)) {
    const moment = Date.parse(value);
    return Number.isNaN(moment) ? null : moment;
  }
  const number = Number(typeof value === 'string' ? value.replace(/\s*%$/, '') : value);
  return value === null || value === '' || Number.isNaN(number) ? null : number;
}
