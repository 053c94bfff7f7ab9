import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { Product, ProductFile } from '../../schema/contract/model.ts';
import { readProduct } from '../../schema/contract/read.ts';
import type { RunId } from '../../schema/ids.ts';
import { type Pool, transaction } from '../../schema/ledger/connect.ts';
import { liveDataset } from '../../schema/ledger/datasets.ts';
import { emit } from '../../schema/ledger/events.ts';
import { addRevision, revisionIn } from '../../schema/ledger/products.ts';
import { requestRun } from '../../schema/ledger/runs.ts';

/** Puts a product's folder into the ledger as publishing does, without a graph; with a run asked for unless told not to. */
export async function plainPublish(
  pool: Pool,
  folder: string,
  options: { refresh?: boolean; state?: 'pending'; change?: (files: ProductFile[]) => ProductFile[] } = {},
): Promise<{ product: Product; runId: RunId | null }> {
  const names = (await readdir(folder)).filter((name) => /\.(ya?ml|sql)$/.test(name));
  const read = await Promise.all(
    names.map(async (path) => ({ path, text: await readFile(join(folder, path), 'utf8') })),
  );
  const files = options.change?.(read) ?? read;
  const { product, findings } = readProduct(files, { folder: basename(folder) });
  if (product === null) throw new Error(findings.map(({ message }) => message).join('\n'));
  return transaction(pool, async (trx) => {
    const live = await revisionIn(trx, product.id, 'live');
    const hasData = (await liveDataset(trx, product.id)) !== null;
    const revision = await addRevision(trx, {
      productId: product.id,
      kind: product.kind,
      version: product.version,
      state: options.state ?? (hasData && live?.dataDigest !== product.dataDigest ? 'pending' : 'live'),
      files,
      folder,
      digest: createHash('sha256').update(JSON.stringify(files)).digest('hex'),
      dataDigest: product.dataDigest,
      publishedBy: 'test',
    });
    await emit(trx, { type: 'product.published', subject: product.id, payload: { revision } });
    if (options.refresh === false) return { product, runId: null };
    const { runId } = await requestRun(trx, {
      runId: randomUUID() as RunId,
      productId: product.id,
      trigger: 'publish',
      requestedBy: 'test',
    });
    return { product, runId };
  });
}

/** Files of a small product that reads another's output and no source of its own. */
export function readingOutput(files: ProductFile[], { of, by }: { of: string; by: string }): ProductFile[] {
  return files
    .filter(({ path }) => path !== 'source.odcs.yaml')
    .map((file) => ({
      ...file,
      text: file.text.replace(`contractId: trial/${by}/source`, `contractId: trial/${of}/output`),
    }));
}
