/** How answers that come one by one are written into one body. */
export interface Framing {
  readonly contentType: string;
  readonly begin: string;
  readonly answer: (json: string) => string;
  /** Says that the connection is alive; nothing to whoever reads. */
  readonly heartbeat: string;
  readonly end: string;
}

/** Server-sent events as graphql-sse has them (distinct connections mode), and browsers' EventSource reads. */
export const EVENT_STREAM: Framing = {
  contentType: 'text/event-stream; charset=utf-8',
  begin: ':\n\n',
  // JSON that a column holds may have line ends, which readers put back.
  answer: (json) => `event: next\ndata: ${json.replace(/\r\n|\r|\n/g, '\ndata: ')}\n\n`,
  heartbeat: ':\n\n',
  // Without its line of data, EventSource would not tell of it.
  end: 'event: complete\ndata:\n\n',
};

const PART = '\r\ncontent-type: application/json\r\n\r\n';

/** Parts of a body as Apollo's clients ask for them (`multipart/mixed;subscriptionSpec=1.0`). */
export const MULTIPART: Framing = {
  contentType: 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0',
  begin: '\r\n--graphql',
  answer: (json) => `${PART}{"payload":${json}}\r\n--graphql`,
  heartbeat: `${PART}{}\r\n--graphql`,
  end: '--\r\n',
};

export interface AcceptedFraming {
  /** Null where the client takes one whole answer alone. */
  readonly framing: Framing | null;
  /** The client does not take an answer of any other form. */
  readonly only: boolean;
}

/** What an `Accept` header says of it. */
export function acceptedFraming(accept = ''): AcceptedFraming {
  const types = accept.split(',').map((type) => type.trim().toLowerCase());
  const takes = (...names: readonly string[]): boolean =>
    types.some((type) => names.includes(type.split(';', 1)[0]!.trim()) && !/;\s*q=0(?:\.0*)?\s*(?:;|$)/.test(type));
  const multipart = types.some((type) => /^multipart\/mixed\s*;.*\bsubscriptionspec="?1\.0"?/.test(type));
  const framing = takes('text/event-stream') ? EVENT_STREAM : multipart ? MULTIPART : null;
  const whole = takes('application/json', 'application/graphql-response+json', 'application/*', '*/*');
  return { framing, only: framing === EVENT_STREAM && !whole };
}
