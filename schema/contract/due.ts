import type { Objective } from './model.ts';

const DAY_MS = 86_400_000;
/** Data that came within half a day of a day's time is that day's, be it early or late. */
const HALF_A_DAY_MS = DAY_MS / 2;

/** When a product is late unless new data comes, by the moment at which its data came (epoch milliseconds); null where time tells nothing. */
export function dueMs(objective: Objective, arrivedMs: number): number | null {
  if (objective.measure === 'age') return arrivedMs + objective.seconds * 1000;
  if (objective.measure !== 'daily') return null;
  const { atMinute, timezone } = objective;
  return nextMs(arrivedMs + HALF_A_DAY_MS, atMinute, timezone ?? 'UTC');
}

/** The first time after a moment that it is that minute of the day in the zone. A minute that a clock skips comes when it has skipped it. */
function nextMs(afterMs: number, minute: number, timeZone: string): number {
  for (let dayMs = Math.floor(afterMs / DAY_MS) * DAY_MS - DAY_MS; ; dayMs += DAY_MS) {
    const wallMs = dayMs + minute * 60_000;
    // The offset at the guess may be that of before a change of the clock.
    const guessMs = wallMs - offsetMs(wallMs, timeZone);
    const atMs = wallMs - offsetMs(guessMs, timeZone);
    if (atMs > afterMs) return atMs;
  }
}

/** By how much clocks of the zone are ahead of UTC at a moment. */
function offsetMs(atMs: number, timeZone: string): number {
  const parts = formatOf(timeZone).formatToParts(atMs);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  const wallMs = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return wallMs - Math.floor(atMs / 1000) * 1000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const;
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en', { timeZone, hourCycle: 'h23', ...numeric, second: 'numeric' });
  formats.set(timeZone, format);
  return format;
}
