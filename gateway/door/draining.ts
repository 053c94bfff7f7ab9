import type { Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

// Long enough for every busy connection to be told in an answer that it is the last; Ctrl-C waits as long.
const FAREWELL_MS = 500;
// In so many parts: of time in which this process stood still, when nobody was told anything, only one is lost.
const FAREWELL_PARTS = 10;
// As long as a statement may take: what is not answered by then never is.
const PATIENCE_MS = 10_000;

/** The end of a server as its clients see it. */
export interface Draining {
  readonly begun: () => boolean;
  /** From now on each answer is the last on its connection; resolves when those that are busy have been told. */
  readonly begin: () => Promise<void>;
  /** Takes no more connections, and resolves when those that are busy have their answers, or have waited too long. */
  readonly end: () => Promise<void>;
}

/**
 * A server that closes a kept connection right after an answer fails the request that its client sends at that moment. So answers
 * first say `Connection: close` for a while, and new connections are still taken.
 */
export function draining(http: Server): Draining {
  const underWay = new Set<ServerResponse>();
  let begun = false;
  http.prependListener('request', (_request, response: ServerResponse) => {
    if (begun) response.setHeader('connection', 'close');
    underWay.add(response);
    response.on('close', () => underWay.delete(response));
  });
  return {
    begun: () => begun,
    begin: async () => {
      begun = true;
      for (const response of underWay) if (!response.headersSent) response.setHeader('connection', 'close');
      for (let part = 0; part < FAREWELL_PARTS; part += 1) await sleep(FAREWELL_MS / FAREWELL_PARTS);
    },
    end: async () => {
      const closed = new Promise((resolve) => http.close(resolve));
      const hard = setTimeout(() => http.closeAllConnections(), PATIENCE_MS);
      await closed;
      clearTimeout(hard);
    },
  };
}
