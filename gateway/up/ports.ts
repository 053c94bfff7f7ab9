import { createServer } from 'node:net';

import { StartFailure, isSystemError } from './failure.ts';

/** A port of `host` that nobody listens on at this moment. */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return bind(host, 0);
}

/** True where one may listen on this port now. */
export async function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  try {
    await bind(host, port);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EADDRINUSE')) return false;
    if (isSystemError(error, 'EACCES')) {
      throw new StartFailure(`Port ${port} on ${host} may not be listened on by this user; choose one above 1023.`);
    }
    if (isSystemError(error, 'EADDRNOTAVAIL', 'ENOTFOUND')) {
      throw new StartFailure(`${host} is no address of this machine; set HOST to one that is, such as 127.0.0.1.`);
    }
    throw error;
  }
}

/** Refuses a busy port with a sentence that names it and the variable that chooses another. */
export async function requireFreePort(what: string, port: number, variable: string, host = '127.0.0.1'): Promise<void> {
  if (await isPortFree(port, host)) return;
  const other = (await isWeft(port)) ? 'another Weft answers there' : 'another process listens there';
  throw new StartFailure(`Port ${port} for ${what} is busy: ${other}. End it, or set ${variable} to a free port.`);
}

async function isWeft(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(1_000) });
    const page = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1_000) });
    return answer.ok && /weft/i.test(await page.text());
  } catch {
    return false;
  }
}

function bind(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}
