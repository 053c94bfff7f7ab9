import { createHash } from 'node:crypto';
import pg from 'pg';
import type { HostRules } from '../../schema/allowed-hosts.ts';
import type { Destination } from '../../schema/contract/destination.ts';
import { Refusal } from '../../schema/errors.ts';
import type { Pool } from '../../schema/ledger/connect.ts';
import { type DatasetVersion, liveDataset } from '../../schema/ledger/datasets.ts';
import { beginDelivery, deliveriesOf, endDelivery, failDelivery } from '../../schema/ledger/destinations.ts';
import { productOf } from '../../schema/ledger/mesh.ts';
import { revisionIn } from '../../schema/ledger/products.ts';
import type { Secrets } from '../../schema/secrets.ts';
import type { CrashPoint } from '../crash.ts';
import { withDuckdb } from '../engines/duckdb.ts';
import type { DeliveryDetail, DeliveryRef } from '../names.ts';
import { deliverTables } from './database.ts';
import { type Delivered, deliveredOf } from './delivered.ts';
import { DIALECTS } from './dialect.ts';
import { deliverFiles, type FileStore } from './file-store.ts';
import { folderStore } from './folder-store.ts';
import { objectStore } from './object-store.ts';
import { parquetFiles } from './parquet-files.ts';

/** What a delivery works with. */
export interface DeliverDeps {
  readonly pool: Pool;
  readonly databaseUrl: string;
  readonly hosts: HostRules;
  readonly secrets: Secrets;
  readonly scratch: string;
  /** Folders that may be delivered to; a relative path lies in the first. */
  readonly deliveryRoots: readonly string[];
  /** Tests end or stop the process here; else it does nothing. */
  readonly crash: (point: CrashPoint) => void;
}

/** Another version went live while one was on its way: that one is to be delivered instead. */
class Overtaken extends Error {}

/**
 * Brings the version that is live to a destination, and records in the ledger that it is there, or why not. Does nothing where it is there
 * already; never shows a version that is not live any more. `more`: another one is live by now.
 */
export async function deliverVersion(
  deps: DeliverDeps,
  ref: DeliveryRef,
  signal: AbortSignal,
): Promise<DeliveryDetail> {
  const owed = await owedTo(deps.pool, ref);
  if (owed === null) return { version: null, rows: 0, more: false };
  const { delivered, destination, version } = owed;
  await beginDelivery(deps.pool, ref, version);
  try {
    const requireLive = async (): Promise<void> => {
      signal.throwIfAborted();
      if ((await liveDataset(deps.pool, ref.productId))?.version !== version) throw new Overtaken();
      deps.crash('deliver:showing');
    };
    await reading(deps, delivered, signal, (reader) =>
      deliver(deps, { delivered, destination, reader, signal, requireLive }),
    );
    deps.crash('deliver:shown');
  } catch (error) {
    if (error instanceof Overtaken) return { version: null, rows: 0, more: true };
    if (!signal.aborted) await failDelivery(deps.pool, ref, said(error));
    throw error;
  }
  const rows = delivered.objects.reduce((sum, one) => sum + one.rows, 0);
  const isKept = await endDelivery(deps.pool, { ...ref, address: addressOf(destination) }, { version, rows });
  const now = await liveDataset(deps.pool, ref.productId);
  return { version, rows, more: !isKept || now?.version !== version };
}

/** A digest of all that a contract says of a destination. */
export function addressOf(destination: Destination): string {
  return createHash('sha256').update(JSON.stringify(destination)).digest('hex').slice(0, 32);
}

async function owedTo(
  pool: Pool,
  ref: DeliveryRef,
): Promise<{ delivered: Delivered; destination: Destination; version: number } | null> {
  const [dataset, revision] = [await liveDataset(pool, ref.productId), await revisionIn(pool, ref.productId, 'live')];
  if (dataset === null || revision === null) return null;
  const product = productOf(revision);
  const destination = product.destinations.find(({ name }) => name === ref.destination);
  if (destination === undefined || (await isThere(pool, ref, dataset))) return null;
  return { delivered: deliveredOf(product, dataset, destination), destination, version: dataset.version };
}

async function isThere(
  pool: Pool,
  { productId, destination }: DeliveryRef,
  { version }: DatasetVersion,
): Promise<boolean> {
  const found = (await deliveriesOf(pool, [productId])).find((one) => one.destination === destination);
  return found === undefined || found.version === version;
}

async function deliver(
  deps: DeliverDeps,
  work: {
    readonly delivered: Delivered;
    readonly destination: Destination;
    readonly reader: pg.Client;
    readonly signal: AbortSignal;
    readonly requireLive: () => Promise<void>;
  },
): Promise<void> {
  const { delivered, destination, reader, requireLive } = work;
  const { to, keep } = destination;
  const onWritten = (): void => deps.crash('deliver:writing');
  if (to.kind === 'database')
    return deliverTables({ server: to.server, dialect: DIALECTS[to.dialect] }, delivered, {
      ...deps,
      ...work,
      onWritten,
    });
  const store: FileStore =
    to.kind === 'folder'
      ? await folderStore(to.path, deps.deliveryRoots)
      : objectStore(to.place, { ...deps, name: destination.name, signal: work.signal });
  try {
    await withDuckdb({ scratch: deps.scratch, domain: delivered.product.domain, signal: work.signal }, (db) =>
      deliverFiles(store, delivered, {
        keep,
        requireLive,
        onWritten,
        make: (object) => parquetFiles(db, reader, object),
      }),
    );
  } finally {
    await store.close();
  }
}

/** Reads all of a version at one moment: its tables stay as long as that takes. */
async function reading(
  { databaseUrl }: DeliverDeps,
  { product, objects }: Delivered,
  signal: AbortSignal,
  story: (reader: pg.Client) => Promise<void>,
): Promise<void> {
  const reader = new pg.Client({ connectionString: databaseUrl, application_name: `weft delivery of ${product.id}` });
  // What a broken connection means is told by the query that it breaks.
  reader.on('error', () => undefined);
  await reader.connect();
  const stop = (): void => void reader.end().catch(() => undefined);
  signal.addEventListener('abort', stop);
  try {
    await reader.query(
      `begin isolation level repeatable read read only;
       set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local extra_float_digits = 3; set local statement_timeout = 0`,
    );
    for (const { relation } of objects) await reader.query(`select from ${relation} limit 0`);
    await story(reader);
    await reader.query('commit');
  } finally {
    signal.removeEventListener('abort', stop);
    await reader.end().catch(() => undefined);
  }
}

function said(error: unknown): { code: string; message: string } {
  if (error instanceof Refusal) return { code: error.code, message: error.message };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}
