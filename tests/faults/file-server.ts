import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** Answers a request for a file in its own way, instead of with the file; `nth` is from 1 since it was set. */
export type Misbehaviour = (response: ServerResponse, file: Buffer, nth: number) => void;

/** A server on 127.0.0.1 of the files `/<name>/things.csv` of folders, which misbehaves where it is told to. */
export interface FileServer {
  /** Of a product, as a server of its contract. */
  yaml(name: string): string;
  serve(name: string, folder: string): void;
  /** For one name; null: as it should. */
  misbehave(name: string, how: Misbehaviour | null): void;
  close(): Promise<void>;
}

export async function openFileServer(): Promise<FileServer> {
  const folders = new Map<string, string>();
  const ways = new Map<string, { how: Misbehaviour; asked: number }>();
  const server = createServer((request, response) => {
    const [, name = ''] = (request.url ?? '').split('/');
    const way = ways.get(name);
    const path = join(folders.get(name) ?? '/nowhere', 'things.csv');
    if (way !== undefined) return void readFile(path).then((file) => way.how(response, file, (way.asked += 1)));
    stat(path).then(
      ({ size }) => {
        response.writeHead(200, { 'content-length': size });
        createReadStream(path).pipe(response);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    yaml: (name) =>
      `{ server: files, type: custom, location: 'http://127.0.0.1:${port}/${name}/things.csv', format: csv, customProperties: [{ property: timeoutSeconds, value: 5 }] }`,
    serve: (name, folder) => void folders.set(name, folder),
    misbehave: (name, how) => {
      if (how === null) ways.delete(name);
      else ways.set(name, { how, asked: 0 });
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
