import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A request that is answered in another way than with its `body`; `nth` is from 1 since that was asked for. */
export interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly nth: number;
}
export type Misbehaviour = (asked: Asked) => void;

/** How a server has rows: as one file, or as an API that is asked page by page. */
export const FORMS = ['file', 'pages'] as const;
export type Form = (typeof FORMS)[number];

/** A server on 127.0.0.1 of the `things.csv` of folders, which misbehaves where it is told to. */
export interface FileServer {
  /** Of a product, as a server of its contract: one that has said nothing for a second is asked again, for five. */
  yaml(name: string, form?: Form): string;
  serve(name: string, folder: string): void;
  /** For one name; null: as it should. */
  misbehave(name: string, how: Misbehaviour | null): void;
  /** How many it has open. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

const PAGE_ROWS = 1_000;

export async function openFileServer(): Promise<FileServer> {
  const folders = new Map<string, string>();
  const ways = new Map<string, { how: Misbehaviour; asked: number }>();
  const server = createServer((request, response) => {
    const [, name = '', page] = (request.url ?? '').split('/');
    readFile(join(folders.get(name) ?? '/nowhere', 'things.csv')).then(
      (file) => {
        const body = page === 'things.csv' ? file : pageOf(file, Number(page));
        const way = ways.get(name);
        if (way === undefined) response.writeHead(200, { 'content-length': body.length }).end(body);
        else way.how({ request, response, body, nth: (way.asked += 1) });
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const at = (name: string): string => `http://127.0.0.1:${port}/${name}`;
  const settings = (given: object): string =>
    JSON.stringify(Object.entries(given).map(([property, value]) => ({ property, value: value as unknown })));
  const yamls: Readonly<Record<Form, (name: string) => string>> = {
    file: (name) =>
      `{ server: files, type: custom, location: '${at(name)}/things.csv', format: csv, customProperties: ${settings({ silentSeconds: 1, timeoutSeconds: 5 })} }`,
    pages: (name) =>
      `{ server: pages, type: api, location: '${at(name)}/0', customProperties: ${settings({ records: 'items', pagination: { by: 'link', next: 'next' }, limits: { answerSeconds: 1 }, timeoutSeconds: 5 })} }`,
  };
  return {
    yaml: (name, form = 'file') => yamls[form](name),
    serve: (name, folder) => void folders.set(name, folder),
    misbehave: (name, how) => {
      if (how === null) ways.delete(name);
      else ways.set(name, { how, asked: 0 });
    },
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
      ),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** `{"items": [{"id": "1", …}], "next": "1"}`: the next page's address, from that of this one. */
function pageOf(file: Buffer, page: number): Buffer {
  const [header = '', ...lines] = file.toString().trimEnd().split('\n');
  const keys = header.split(',');
  const items = lines.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS).map((line) => {
    const values = line.split(',');
    return Object.fromEntries(keys.map((key, index) => [key, values[index]]));
  });
  const next = (page + 1) * PAGE_ROWS < lines.length ? String(page + 1) : null;
  return Buffer.from(JSON.stringify({ items, next }));
}
