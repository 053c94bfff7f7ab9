import type { Dispatcher } from 'undici';

/** What tells one state of a file from another. */
export interface RemoteState {
  /** A strong ETag or a date: by it a server is asked for the rest of the same (RFC 9110, 13.1.5). */
  readonly validator: string | null;
  /** In bytes. */
  readonly total: number | null;
}

/** What is here of a file, and of which state of it. */
export interface Brought extends RemoteState {
  readonly size: number;
  readonly facts: Readonly<Record<string, number | string>>;
  readonly whole: boolean;
}

/** What an answer says of the state: `etag` and `modifiedMs` are for people. */
export function stateOf(headers: Dispatcher.ResponseData['headers']): Pick<Brought, 'validator' | 'facts'> {
  const etag = typeof headers.etag === 'string' ? headers.etag : null;
  const modified = typeof headers['last-modified'] === 'string' ? headers['last-modified'] : null;
  const modifiedMs = modified === null ? Number.NaN : Date.parse(modified);
  return {
    validator: etag !== null && !etag.startsWith('W/') ? etag : modified,
    facts: { ...(etag !== null && { etag }), ...(!Number.isNaN(modifiedMs) && { modifiedMs }) },
  };
}

/** True where two answers tell of two states of a file; what a server does not say of it tells nothing. */
export function isOther(before: RemoteState, now: RemoteState): boolean {
  if (before.total !== null && now.total !== null && before.total !== now.total) return true;
  if (before.validator === null || now.validator === null || isTag(before) !== isTag(now)) return false;
  return before.validator !== now.validator;
}

function isTag({ validator }: RemoteState): boolean {
  return validator?.startsWith('"') ?? false;
}

/** The whole length, where an answer of all says it. */
export function lengthOf(headers: Dispatcher.ResponseData['headers']): number | null {
  const length = headers['content-length'];
  return typeof length === 'string' && /^\d+$/.test(length) ? Number(length) : null;
}
