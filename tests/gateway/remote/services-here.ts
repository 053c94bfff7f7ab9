import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OperationContext } from '../../../gateway/execute/context.ts';
import {
  openRemoteServices,
  type RemoteServices,
  type RemoteServicesDeps,
} from '../../../gateway/execute/remote/remote-services.ts';

/** A server at a port of its own. */
export function listening(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

export function urlOf(server: Pick<Server, 'address'>, scheme = 'http'): string {
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Ends servers, whoever is connected. */
export async function ended(...servers: readonly Server[]): Promise<void> {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

export function answering(
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = {},
): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body);
  };
}

/** The body of a request, as JSON. */
export async function bodyOf(request: IncomingMessage): Promise<{ query: string; variables: Record<string, unknown> }> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text) as Awaited<ReturnType<typeof bodyOf>>;
}

/** Services as a gateway on loopback opens them. */
export function servicesHere(deps: Partial<RemoteServicesDeps> = {}): RemoteServices {
  return openRemoteServices({ hosts: { loopbackOnly: true, allowedHosts: [] }, ...deps });
}

/** A subgraph named `elsewhere/moods`. */
export function moods(url: string): Parameters<RemoteServices['ask']>[0] {
  return { name: 'elsewhere/moods', productId: 'elsewhere/moods', url };
}

/** As much of an operation's context as a remote subgraph reads. */
export function context(signal = new AbortController().signal, profile = 'public'): OperationContext {
  return {
    actor: { name: 'somebody', admin: false, profile },
    remotesRead: new Set<string>(),
    reading: { signal },
  } as unknown as OperationContext;
}
