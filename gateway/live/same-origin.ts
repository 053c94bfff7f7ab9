import type { IncomingHttpHeaders } from 'node:http';

/** Whether a request came from a page of this very host, or from no page: browsers say which, and ask nobody before a WebSocket. */
export function isSameOrigin({ origin, host }: IncomingHttpHeaders): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  const here = `${page.protocol}//${host}`;
  return URL.canParse(here) && new URL(here).host === page.host && /^https?:$/.test(page.protocol);
}
