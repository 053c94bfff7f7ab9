import { Agent, fetch, type Response } from 'undici';
import { hostRefusal, type HostRules } from '../../schema/allowed-hosts.ts';
import { checkedLookup } from '../../schema/checked-lookup.ts';
import { Refusal } from '../../schema/errors.ts';
import { waitOf } from '../sources/rate-limit.ts';
import { NotNow, Undeliverable } from './sender.ts';

export interface Message {
  /** May have a secret in it: no error says more of it than its host. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Posts to endpoints that are allowed. */
export interface Post {
  /** Resolves once it is taken (2xx). Throws Undeliverable, NotNow, or an error after which it may be sent again. */
  send(message: Message, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What these statuses say may pass; every other of 3xx and 4xx stays. */
const PASSING = new Set([408, 421, 423, 425, 429]);
const BUSY = new Set([429, 503]);
/** What a receiver says of its refusal, as far as a reason has room for. */
const SAID_BYTES = 300;

/** Opens connections to receivers, to the very addresses that were judged. Redirects are not followed: what was allowed was the first. */
export function openPost(hosts: HostRules): Post {
  const agent = new Agent({ connect: { timeout: 10_000, lookup: checkedLookup(hosts) } });
  return {
    send: async ({ url, headers, body }, signal) => {
      if (!URL.canParse(url)) throw new Undeliverable('Its address is no URL.');
      const refusal = hostRefusal(url, hosts);
      if (refusal !== null)
        throw new Undeliverable(/^https?:/.test(url) ? refusal : 'Its address is no http or https URL.');
      const { host } = new URL(url);
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
        redirect: 'manual',
        dispatcher: agent,
        signal,
      }).catch((error: unknown) => {
        throw failureOf(host, error);
      });
      if (response.ok) {
        await response.body?.cancel();
        return;
      }
      const said = `${host} answered ${response.status}${await beginningOf(response)}`;
      const waitMs = waitOf(response, Date.now());
      if (BUSY.has(response.status) && waitMs > 0) throw new NotNow(said, waitMs / 1_000);
      if (response.status < 500 && !PASSING.has(response.status)) throw new Undeliverable(said);
      throw new Error(said);
    },
    close: () => agent.destroy(),
  };
}

function failureOf(host: string, error: unknown): Error {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof Refusal) return new Undeliverable(cause.message);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new Error(`${host} could not be reached: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause: error,
  });
}

/** `: what it said`, or nothing. Who refuses may say why; what else stands there is not read. */
async function beginningOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk as Uint8Array);
      bytes += (chunk as Uint8Array).length;
      if (bytes >= SAID_BYTES) break;
    }
  } catch {
    // It broke off: the status says enough.
  }
  const text = Buffer.concat(chunks).toString('utf8', 0, SAID_BYTES).replace(/\s+/g, ' ').trim();
  return text === '' ? '' : `: ${text}`;
}
