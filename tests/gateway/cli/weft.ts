import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';

import { cli } from '../../../gateway/cli/cli.ts';

/** What came of a command. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Stdout as JSON. */
  json<Value>(): Value;
}

/** Runs a command in this process, without a terminal; no server is known unless `env` names one. */
export async function weft(
  args: readonly string[],
  { env = {}, cwd = tmpdir(), stdin = '' }: { env?: Record<string, string>; cwd?: string; stdin?: string } = {},
): Promise<Ran> {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const said = { out: '', err: '' };
  out.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  err.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const code = await cli(args, {
    env: { WEFT_HOME: join(tmpdir(), 'no weft home'), WEFT_URL: 'http://127.0.0.1:9', ...env },
    cwd,
    color: false,
    streams: { in: Readable.from([stdin]), out, err },
  });
  return { code, ...said, json: () => JSON.parse(said.out) };
}

/** A folder of files; remove it by `remove`. */
export function folderOf(files: Readonly<Record<string, string>>): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'weft-cli-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A server that is not ours, which answers all requests alike. */
export async function answering(
  status: number,
  body: string,
): Promise<{
  url: string;
  heard: string[];
  keys: (string | undefined)[];
  /** Their `traceparent` headers. */
  traces: unknown[];
  stop: () => Promise<void>;
}> {
  const heard: string[] = [];
  const keys: (string | undefined)[] = [];
  const traces: unknown[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers.authorization);
    traces.push(request.headers['traceparent']);
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      heard.push(text);
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    keys,
    traces,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A product of one small table: its folder's files, below `returns/`. */
export function returnsProduct(
  change: (file: string, text: string) => string = (_, text) => text,
): Record<string, string> {
  const files = {
    'returns/product.odps.yaml': `apiVersion: v1.0.0
kind: DataProduct
id: sales/returns
domain: sales
name: returns
version: 1.0.0
status: active
inputPorts:
  - name: source
    version: 1.0.0
    contractId: sales/returns/source
outputPorts:
  - name: returns
    version: 1.0.0
    type: tables
    contractId: sales/returns/returns
description:
  purpose: What customers sent back, and why.
team:
  name: Sales
  members:
    - username: returns@sales.example
      role: owner
`,
    'returns/source.odcs.yaml': `apiVersion: v3.1.0
kind: DataContract
id: sales/returns/source
name: returns.csv
version: 1.0.0
status: active
servers:
  - server: file
    type: local
    path: returns.csv
    format: csv
schema:
  - name: returns
    properties:
      - { name: id, logicalType: string, required: true }
      - { name: reason, logicalType: string }
`,
    'returns/returns.odcs.yaml': `apiVersion: v3.1.0
kind: DataContract
id: sales/returns/returns
name: Returns
version: 1.0.0
status: active
schema:
  - name: returns
    description: Goods that came back.
    properties:
      - name: id
        logicalType: string
        primaryKey: true
        primaryKeyPosition: 1
        required: true
        classification: public
        description: Given at the counter.
      - name: reason
        description: In the customer's words.
        logicalType: string
        classification: public
    quality:
      - { metric: rowCount, mustBeGreaterThan: 0, severity: error }
slaProperties:
  - { property: frequency, value: 1, unit: d }
  - { property: latency, value: 2, unit: d }
`,
    'returns/returns.csv': 'id,reason\n1,broken\n2,late\n',
  };
  return Object.fromEntries(Object.entries(files).map(([file, text]) => [file, change(file, text)]));
}
