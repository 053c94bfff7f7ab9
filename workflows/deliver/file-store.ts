import { z } from 'zod';
import { Refusal } from '../../schema/errors.ts';
import type { Delivered } from './delivered.ts';

/** A place for files, whose paths are relative to the destination: `orders/version=3/part-0.parquet`. */
export interface FileStore {
  /** For messages: `s3://lake/products/`. */
  readonly label: string;
  readText(path: string): Promise<string | null>;
  /** Readers see the text before, or this one. */
  writeText(path: string, text: string): Promise<void>;
  /** Puts files of this machine into a folder that nobody is told of yet, in place of whatever is there. */
  writeFolder(folder: string, files: readonly { readonly name: string; readonly path: string }[]): Promise<void>;
  remove(path: string): Promise<void>;
  close(): Promise<void>;
}

const manifest = z.object({
  product: z.string(),
  latest: z.number().int(),
  versions: z.array(
    z.object({
      version: z.number().int(),
      runId: z.string(),
      publishedAt: z.string(),
      objects: z.record(z.string(), z.object({ rows: z.number(), files: z.array(z.string()) })),
    }),
  ),
});
type Manifest = z.infer<typeof manifest>;

/** What says which version is meant, and what files it has: written last, so that readers see all of a version or nothing. */
const MANIFEST = '_latest.json';

/**
 * Brings a version into a store: its files, then the manifest, then what is too old goes. What is there already is only pointed at. Refuses
 * with DELIVERY_REFUSED where another product's versions lie there.
 */
export async function deliverFiles(
  store: FileStore,
  delivered: Delivered,
  work: {
    readonly keep: number;
    /** Parquet files of an object, on this machine. */
    readonly make: (object: Delivered['objects'][number]) => Promise<string[]>;
    /** Throws where another version is live by now. */
    readonly requireLive: () => Promise<void>;
    /** The files of an object are there. */
    readonly onWritten: () => void;
  },
): Promise<void> {
  const { product, version, runId, publishedAt } = delivered;
  const former = await readManifest(store);
  if (former !== null && former.product !== product.id)
    throw new Refusal(
      'DELIVERY_REFUSED',
      `${store.label} has the versions of ${former.product}: give ${product.id} a place of its own.`,
    );
  const isThis = (one: Manifest['versions'][number]): boolean => one.version === version && one.runId === runId;
  const there = former?.versions.find(isThis);
  if (there !== undefined && former?.latest === version) return;
  const made = there ?? {
    version,
    runId,
    publishedAt: publishedAt.toISOString(),
    objects: await writeObjects(store, delivered, work),
  };
  const others = (former?.versions ?? []).filter((one) => one.version !== version);
  const kept = [made, ...others].slice(0, work.keep);
  await work.requireLive();
  const now: Manifest = { product: product.id, latest: version, versions: kept };
  await store.writeText(MANIFEST, `${JSON.stringify(now, null, 2)}\n`);
  const needed = new Set(kept.flatMap(filesOf));
  for (const file of (former?.versions ?? []).flatMap(filesOf)) if (!needed.has(file)) await store.remove(file);
}

async function writeObjects(
  store: FileStore,
  { objects, version }: Delivered,
  { make, onWritten }: Pick<Parameters<typeof deliverFiles>[2], 'make' | 'onWritten'>,
): Promise<Manifest['versions'][number]['objects']> {
  const written: Manifest['versions'][number]['objects'] = {};
  for (const one of objects) {
    const folder = `${one.object.name}/version=${version}`;
    const files = (await make(one)).map((path, part) => ({ path, name: `part-${part}.parquet` }));
    await store.writeFolder(folder, files);
    onWritten();
    written[one.object.name] = { rows: one.rows, files: files.map(({ name }) => `${folder}/${name}`) };
  }
  return written;
}

async function readManifest(store: FileStore): Promise<Manifest | null> {
  const text = await store.readText(MANIFEST);
  if (text === null) return null;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = null;
  }
  const read = manifest.safeParse(json);
  if (read.success) return read.data;
  throw new Refusal('DELIVERY_REFUSED', `${store.label} has a ${MANIFEST} that Weft did not write: move it away.`);
}

function filesOf({ objects }: Manifest['versions'][number]): string[] {
  return Object.values(objects).flatMap(({ files }) => files);
}
