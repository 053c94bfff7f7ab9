import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';

/** What a worker says of itself over HTTP. */
export interface WorkerServer {
  readonly url: string;
  close(): Promise<void>;
}

/** What it takes to be ready, and whether that is so. */
export type Readiness = Readonly<Record<string, boolean>>;

/** Listens for probes and Prometheus: `/healthz`, `/readyz`, `/metrics`. Rejects where the port is taken. */
export async function openWorkerServer({
  host,
  port,
  registry,
  readiness,
  log,
}: {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly registry: Registry;
  readonly readiness: () => Promise<Readiness>;
  readonly log: Logger;
}): Promise<WorkerServer> {
  const routes: Readonly<Record<string, (response: ServerResponse) => void | Promise<void>>> = {
    '/healthz': (response) => {
      json(response, 200, { alive: true });
    },
    '/readyz': async (response) => {
      const found = await readiness();
      const ready = Object.values(found).every(Boolean);
      json(response, ready ? 200 : 503, { ready, ...found });
    },
    '/metrics': async (response) => {
      const text = await registry.metrics();
      response.writeHead(200, { 'content-type': registry.contentType }).end(text);
    },
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url?.split('?')[0] ?? '';
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    try {
      if (route !== undefined && (request.method === 'GET' || request.method === 'HEAD')) await route(response);
      else json(response, 404, { error: 'There is nothing at this address.' });
    } catch (error) {
      log.error({ err: error, path }, 'a probe or scrape failed');
      json(response, 500, { error: 'Something failed inside.' });
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  // Who asks sends some lines; whoever does not is let go.
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: listened } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${listened}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
