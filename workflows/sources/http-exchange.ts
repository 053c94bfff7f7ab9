import { setTimeout as sleep } from 'node:timers/promises';
import { ExponentialBackoff, handleType, retry } from 'cockatiel';
import { Agent, fetch, type Response } from 'undici';
import { hostRefusal } from '../../schema/allowed-hosts.ts';
import { checkedLookup } from '../../schema/checked-lookup.ts';
import { Refusal } from '../../schema/errors.ts';
import { parseExactly } from './exact-json.ts';
import { waitOf } from './rate-limit.ts';
import type { SourceAsk } from './source.ts';

export interface HttpRequest {
  readonly url: string;
  /** Goes to the origin that is asked, and to no other that it leads to. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null: a GET. */
  readonly body: string | null;
}

export interface HttpAnswer {
  readonly json: unknown;
  readonly text: string;
  readonly headers: Response['headers'];
  /** Where it came from at last. */
  readonly url: string;
}

/** An answer that says no for good, or no to whoever asked. */
export class SaidNo extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`it answered ${status}`);
    this.status = status;
  }
}

/** Something that may pass. */
export class TryAgain extends Error {}

export interface HttpExchange {
  /** One whole answer of JSON. Throws SaidNo; refuses with SOURCE_FAILED what does not pass, FORBIDDEN where it would lead to another host. */
  ask(request: HttpRequest, judge?: (answer: HttpAnswer) => void): Promise<HttpAnswer>;
  close(): Promise<void>;
}

const AGAIN = { maxAttempts: 5, backoff: new ExponentialBackoff({ initialDelay: 300, maxDelay: 15_000 }) };
const HOPS = 5;
/** Of one answer, which is held as a whole: a page of records has a few hundred kilobytes. */
const ANSWER_BYTES = 64 * 1024 * 1024;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Asks servers for JSON over HTTP: again where it does not last, and no faster than they wish. */
export function openExchange(
  { hosts, signal }: Pick<SourceAsk, 'hosts' | 'signal'>,
  { label, timeoutSeconds, answerSeconds }: { label: string; timeoutSeconds: number; answerSeconds: number },
): HttpExchange {
  const agent = new Agent({
    connect: { timeout: 10_000, lookup: checkedLookup(hosts) },
    headersTimeout: answerSeconds * 1_000,
    bodyTimeout: answerSeconds * 1_000,
  });
  const untilMs = Date.now() + timeoutSeconds * 1_000;
  const either = AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1_000)]);
  const failed = (said: string, cause?: unknown): Refusal =>
    new Refusal('SOURCE_FAILED', `The source ${JSON.stringify(label)} cannot be read: ${said}.`, { cause });
  let notBeforeMs = 0;

  const rest = async (ms: number): Promise<void> => {
    if (Date.now() + ms > untilMs)
      throw failed(`it asks to wait for ${Math.ceil(ms / 1_000)} s, which is longer than timeoutSeconds leaves`);
    if (ms > 0) await sleep(ms, undefined, { signal: either });
  };
  const attempt = async (request: HttpRequest): Promise<HttpAnswer> => {
    await rest(notBeforeMs - Date.now());
    const response = await follow(request, {
      agent,
      signal: either,
      refusal: (url) => hostRefusal(url, hosts),
      failed,
    });
    const waitMs = waitOf(response, Date.now());
    notBeforeMs = Date.now() + waitMs;
    const { status, headers, url } = response;
    if (PASSING.has(status) || (status === 403 && waitMs > 0)) {
      await response.body?.cancel();
      throw new TryAgain(`it answered ${status}`);
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new SaidNo(status);
    }
    const text = await wholeText(response, failed);
    return { json: parsed(text), text, headers, url };
  };
  return {
    ask: async (request, judge) => {
      try {
        return await retry(handleType(TryAgain), AGAIN).execute(async () => {
          const answer = await attempt(request).catch((error: unknown) => {
            throw either.aborted ? error : passing(error);
          });
          judge?.(answer);
          return answer;
        }, either);
      } catch (error) {
        signal.throwIfAborted();
        if (either.aborted) throw failed(`it took longer than ${timeoutSeconds} s, which timeoutSeconds allows`, error);
        if (error instanceof TryAgain)
          throw failed(`${error.message}, and was asked ${AGAIN.maxAttempts + 1} times`, error);
        throw error;
      }
    },
    close: () => agent.destroy(),
  };
}

/** Follows redirects, each judged before it is followed. */
async function follow(
  { url: first, headers, body }: HttpRequest,
  by: {
    agent: Agent;
    signal: AbortSignal;
    refusal: (url: string) => string | null;
    failed: (said: string) => Refusal;
  },
): Promise<Response> {
  let url = first;
  for (let hop = 0; hop <= HOPS; hop += 1) {
    const refused = by.refusal(url);
    if (refused !== null) throw new Refusal('FORBIDDEN', refused);
    const isOwn = new URL(url).origin === new URL(first).origin;
    const response = await fetch(url, {
      method: body === null ? 'GET' : 'POST',
      headers: isOwn ? { accept: 'application/json', ...headers } : { accept: 'application/json' },
      body,
      redirect: 'manual',
      dispatcher: by.agent,
      signal: by.signal,
    });
    const next = response.headers.get('location');
    if (!REDIRECTS.has(response.status) || next === null) return response;
    await response.body?.cancel();
    if (!URL.canParse(next, url)) throw by.failed('it redirects to what is no address');
    url = new URL(next, url).href;
    if (body !== null && new URL(url).origin !== new URL(first).origin)
      throw by.failed('it redirects what is sent to it to another host');
  }
  throw by.failed(`it redirects more than ${HOPS} times`);
}

async function wholeText(response: Response, failed: (said: string) => Refusal): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > ANSWER_BYTES)
      throw failed(`one answer is larger than ${ANSWER_BYTES / 1024 / 1024} MiB: ask for smaller pages`);
    chunks.push(chunk as Uint8Array);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new TryAgain('its answer is not UTF-8');
  }
}

/** An answer that breaks off may look like one that ended, save that it is no JSON. */
function parsed(text: string): unknown {
  try {
    return parseExactly(text);
  } catch {
    throw new TryAgain(`its answer is no whole JSON (${text.length} letters)`);
  }
}

/** What `fetch` throws is a connection that broke, or a host that may not be asked. */
function passing(error: unknown): unknown {
  if (error instanceof Refusal || error instanceof SaidNo || error instanceof TryAgain) return error;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof Refusal) return cause;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new TryAgain(`the connection broke (${cause instanceof Error ? cause.message : String(cause)})`, {
    cause: error,
  });
}
