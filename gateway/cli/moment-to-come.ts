import { wrongUsage } from './exit.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** `90d` from now, or a day or moment as ISO 8601 has it; refuses what is neither, naming the option. */
export function momentToCome(option: string, text: string): string {
  const days = /^(\d{1,4})d$/.exec(text)?.[1];
  const at = days === undefined ? Date.parse(text) : Date.now() + Number(days) * DAY_MS;
  if (/^(\d{1,4}d|\d{4}-\d\d-\d\d.*)$/.test(text) && !Number.isNaN(at)) return new Date(at).toISOString();
  throw wrongUsage(`${option} is like 90d or 2030-01-31; found ${text}.`);
}
