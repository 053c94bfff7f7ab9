import { Agent, type Dispatcher, request } from 'undici';
import { hostRefusal, type HostRules } from '../../../schema/allowed-hosts.ts';
import { checkedLookup } from '../../../schema/checked-lookup.ts';
import { Refusal } from '../../../schema/errors.ts';

/** Asks servers of HTTP for what a source is. Each address is judged before it is connected to, wherever it came from. */
export interface Asking {
  /** The answer to a GET, redirects followed; refuses with SOURCE_MISSING where one leads to where nothing may be read. */
  get(address: string, headers: Headers): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

/** The headers of a request to `url`; `own` is false where a redirect has led to another server, which is no friend's. */
export type Headers = (url: URL, own: boolean) => Promise<Record<string, string>> | Record<string, string>;

/** More in a row are a circle. */
const REDIRECTS = 5;
const REDIRECTING = new Set([301, 302, 303, 307, 308]);

/** Opens no connection before one is needed. */
export function openAsking(deps: {
  readonly label: string;
  readonly hosts: HostRules;
  readonly signal: AbortSignal;
  /** Without a byte for so long a server is taken for gone. */
  readonly silenceMs: number;
}): Asking {
  const { label, hosts, signal, silenceMs } = deps;
  const agent = new Agent({
    // A source's files are brought a few at a time.
    connections: 8,
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    connect: { timeout: Math.min(10_000, silenceMs), lookup: checkedLookup(hosts) },
  });
  const refuse = (found: string): Refusal =>
    new Refusal('SOURCE_MISSING', `The source file ${JSON.stringify(label)} may not be read: ${found}`);

  return {
    get: async (address, headers) => {
      if (!URL.canParse(address)) throw refuse('its address is none, with its secrets in their places.');
      const first = new URL(address);
      let url = first;
      for (let hop = 0; hop <= REDIRECTS; hop++) {
        const refusal = hostRefusal(url.href, hosts);
        if (refusal !== null) throw refuse(hop === 0 ? refusal : `it leads elsewhere, and ${refusal}`);
        const response = await request(url, {
          headers: {
            // As it lies there: then its length is known, and what breaks off can be gone on with.
            'accept-encoding': 'identity, gzip;q=0.5, zstd;q=0.5',
            'user-agent': 'weft',
            ...(await headers(url, url.origin === first.origin)),
          },
          dispatcher: agent,
          signal,
        }).catch((error: unknown) => {
          throw judged(error, refuse);
        });
        const next = response.headers.location;
        if (!REDIRECTING.has(response.statusCode) || typeof next !== 'string') return response;
        response.body.on('error', () => undefined).destroy();
        if (!URL.canParse(next, url.href)) throw refuse('it leads to an address that is none.');
        const to = new URL(next, url);
        if (url.protocol === 'https:' && to.protocol === 'http:') throw refuse('it leads from https to http.');
        url = to;
      }
      throw refuse(`it leads on more than ${REDIRECTS} times.`);
    },
    close: () => agent.destroy(),
  };
}

/** The lookup's own refusal, which comes as the cause of a connection that was not made. */
function judged(error: unknown, refuse: (found: string) => Refusal): unknown {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof Refusal) return refuse(cause.message);
  return error;
}
