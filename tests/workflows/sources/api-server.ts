import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** How many came before it. */
  readonly before: number;
}

export type Answers = (asked: Asked, response: ServerResponse) => void;

export interface ApiServer {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** Answers so from now on, and forgets what was asked. */
  answer(answers: Answers): void;
  close(): Promise<void>;
}

/** An HTTP server that answers as a test wishes. */
export async function openApiServer(): Promise<ApiServer> {
  let asked: Asked[] = [];
  let answers: Answers = (_, response) => void response.writeHead(404).end();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one: Asked = {
        method: request.method ?? '',
        url: new URL(request.url ?? '/', 'http://server'),
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        before: asked.length,
      };
      asked.push(one);
      answers(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get asked() {
      return asked;
    },
    answer: (next) => {
      asked = [];
      answers = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers with a value as JSON, or with a text as it is. */
export function json(
  response: ServerResponse,
  value: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof value === 'string' ? value : JSON.stringify(value));
}
