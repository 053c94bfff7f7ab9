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

/** `300` and `ms`; `300ms`. Null where it is told in no milliseconds. */
export function milliseconds(value: unknown, unit: string | undefined): number | null {
  const [, count, inline] = /^([\d.]+)\s*([a-z]*)$/.exec(String(value).trim().toLowerCase()) ?? [];
  const name = (inline === '' ? unit : inline)?.trim().toLowerCase();
  if (count === undefined || !['ms', 'millisecond', 'milliseconds'].includes(name ?? '')) return null;
  return Number(count) > 0 ? Number(count) : null;
}

function positive(seconds: number): number | null {
  return Number.isFinite(seconds) && seconds > 0 ? Math.round(seconds) : null;
}
