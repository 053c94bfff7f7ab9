/** Of an answer: its status and what its headers say. */
interface Limited {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
}

/** How long to wait before the next request, as an answer wishes: by Retry-After, or where nothing remains of what it allows. Milliseconds. */
export function waitOf({ headers }: Limited, nowMs: number): number {
  const after = headers.get('retry-after');
  if (after !== null) return Math.max(0, retryAfterMs(after, nowMs));
  const remaining =
    headers.get('ratelimit-remaining') ?? headers.get('x-ratelimit-remaining') ?? headers.get('x-rate-limit-remaining');
  const reset = headers.get('ratelimit-reset') ?? headers.get('x-ratelimit-reset') ?? headers.get('x-rate-limit-reset');
  if (remaining === null || reset === null || Number(remaining) > 0 || !Number.isFinite(Number(reset))) return 0;
  return Math.max(0, resetMs(Number(reset), nowMs));
}

/** RFC 9110: seconds, or a date. */
function retryAfterMs(text: string, nowMs: number): number {
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return seconds * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? 0 : date - nowMs;
}

/** Servers say it as seconds from now, or as a moment in seconds or milliseconds since 1970: the sizes tell them apart. */
function resetMs(reset: number, nowMs: number): number {
  if (reset > 1e12) return reset - nowMs;
  return reset > 1e9 ? reset * 1_000 - nowMs : reset * 1_000;
}
