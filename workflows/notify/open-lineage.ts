import { appendFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runId } from '../../schema/ids.ts';
import type { Pool } from '../../schema/ledger/connect.ts';
import type { Delivery } from '../../schema/ledger/deliveries.ts';
import type { LineageReceiver } from '../../schema/ledger/lineage-receivers.ts';
import { runEventOf } from '../../schema/ledger/run-events.ts';
import type { Secrets } from '../../schema/secrets.ts';
import { openPost, type Post } from './post.ts';
import { type Sender, type Senders, Undeliverable } from './sender.ts';

/** Where OpenLineage events go: to none, either or both. */
export interface OpenLineageConfig {
  /** As the clients of OpenLineage understand OPENLINEAGE_URL and OPENLINEAGE_ENDPOINT, joined. */
  readonly url: string | null;
  /** One event a line is appended to it. */
  readonly file: string | null;
}

/** The secret of that name is sent as a bearer token, where there is one. */
const KEY_SECRET = 'OPENLINEAGE_API_KEY';
/** What is configured has no other name in the ledger. */
const CONFIGURED = 'configured';
const HTTP = 'openlineage-http';
const FILE = 'openlineage-file';

/** A file that has grown to this is put aside, and so many that were are kept: half a gigabyte, some 100,000 events. */
const FILE_BYTES = 64 * 1024 * 1024;
const FILES_KEPT = 8;

/** Who is told of runs, by the worker's configuration. */
export function lineageReceivers({ url, file }: OpenLineageConfig): LineageReceiver[] {
  return [
    ...(url === null ? [] : [{ channel: HTTP, destination: CONFIGURED }]),
    ...(file === null ? [] : [{ channel: FILE, destination: CONFIGURED }]),
  ];
}

/** Sends run events to what is configured; each is made of the ledger when it is sent. */
export function openLineageSenders(
  { url, file }: OpenLineageConfig,
  { pool, secrets }: { readonly pool: Pool; readonly secrets: Secrets },
): { readonly senders: Senders; close(): Promise<void> } {
  // The operator's own word allows its host.
  const post: Post | null = url === null ? null : openPost({ loopbackOnly: true, allowedHosts: [new URL(url).host] });
  const senders: Record<string, Sender> = {};
  if (url !== null && post !== null)
    senders[HTTP] = async (delivery, signal) => {
      const key = secrets(KEY_SECRET);
      const headers = key === null ? {} : { authorization: `Bearer ${key}` };
      await post.send({ url, headers, body: JSON.stringify(await eventOf(pool, delivery)) }, signal);
    };
  if (file !== null)
    senders[FILE] = async (delivery) => {
      await putAside(file);
      // One write to a file opened to append: lines of several workers do not mix.
      await appendFile(file, `${JSON.stringify(await eventOf(pool, delivery))}\n`, { mode: 0o640 });
    };
  return { senders, close: async () => post?.close() };
}

async function eventOf(pool: Pool, { body }: Delivery): Promise<unknown> {
  const id = runId(String(body['runId']));
  const { type, stage } = body;
  const event =
    id && (await runEventOf(pool, id, { type: String(type), stage: typeof stage === 'string' ? stage : null }));
  if (event === null) throw new Undeliverable('The run is not what it was when this was asked for.');
  return event;
}

/** Under a name of its own, so that two workers who do so at once lose nothing. */
async function putAside(file: string): Promise<void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size < FILE_BYTES) return;
  await rename(file, `${file}.${new Date().toISOString().replaceAll(':', '-')}.${process.pid}`);
  const aside = (await readdir(dirname(file))).filter((name) => name.startsWith(`${basename(file)}.`)).sort();
  for (const name of aside.slice(0, -FILES_KEPT)) await rm(join(dirname(file), name), { force: true });
}
