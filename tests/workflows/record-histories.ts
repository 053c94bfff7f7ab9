/**
 * Records histories for the replay test, a set for each released workflow:
 * `node --import tsx tests/workflows/record-histories.ts <address> <namespace> <workflow id>=<name> …`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { Client, Connection } from '@temporalio/client';

import { historyText } from './history-file.ts';

const [address, namespace, ...wanted] = process.argv.slice(2);
if (address === undefined || namespace === undefined) throw new Error('Say address, namespace and workflows.');
const folder = fileURLToPath(new URL('../fixtures/histories/', import.meta.url));
await mkdir(folder, { recursive: true });
const connection = await Connection.connect({ address });
const client = new Client({ connection, namespace });
for (const [id, name] of wanted.map((pair) => pair.split('=')))
  await writeFile(`${folder}${name!}.json`, historyText(await client.workflow.getHandle(id!).fetchHistory()));
await connection.close();
