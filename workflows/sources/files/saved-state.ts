import { createHash } from 'node:crypto';
import type { Asking, Headers } from './asking.ts';
import type { ListedObject } from './list-objects.ts';

/** A date has whole seconds, and servers' clocks differ from ours: what is younger may change once more and keep it (RFC 9110, 8.8.2.2). */
const YOUNG_MS = 60_000;
/** An ETag (RFC 9110, 8.8.3), of no more letters than are worth keeping. */
const TAG = /^(W\/)?"[^"]{0,1000}"$/;

/** The state of a file by what its server said of it (`RemoteFile.facts`): its ETag, else its date; null where it said neither. */
export function savedState({ etag, modifiedMs }: Readonly<Record<string, number | string>>): string | null {
  if (typeof etag === 'string' && TAG.test(etag)) return etag;
  if (typeof modifiedMs !== 'number' || modifiedMs > Date.now() - YOUNG_MS) return null;
  return new Date(modifiedMs).toUTCString();
}

/** That of listed objects together; null where a store says no ETags. */
export function savedListState(objects: readonly ListedObject[]): string | null {
  if (objects.some(({ etag }) => etag === null)) return null;
  const marks = objects.map(({ key, etag, bytes }) => [key, etag, bytes]);
  return createHash('sha256').update(JSON.stringify(marks)).digest('hex');
}

/** Asks a server whether a file is in that state still, by a conditional request (RFC 9110, 13.1): of one that knows none the answer's head says it. */
export async function isStill(
  asking: Asking,
  { address, headers }: { readonly address: string; readonly headers: Headers },
  state: string,
): Promise<boolean> {
  const isTag = TAG.test(state);
  const {
    statusCode,
    headers: said,
    body,
  } = await asking.get(address, async (url, own) => ({
    ...(await headers(url, own)),
    [isTag ? 'if-none-match' : 'if-modified-since']: state,
  }));
  body.on('error', () => undefined).destroy();
  return statusCode === 304 || (statusCode === 200 && said[isTag ? 'etag' : 'last-modified'] === state);
}
