import type { ServerResponse } from 'node:http';

/** Fires when the client has gone: what it asked for is cancelled in the database. */
export function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}
