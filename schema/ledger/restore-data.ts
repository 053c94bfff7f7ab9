import { Refusal } from '../errors.ts';
import type { ProductId } from '../ids.ts';
import type { Transaction } from './connect.ts';
import { type DatasetVersion, datasetHistory, liveDataset } from './datasets.ts';
import { emit } from './events.ts';
import { revisionIn, requireRevision } from './products.ts';

/**
 * Moves a product's pointer back to a version that is kept, by default to the one before: readers see it from the commit on, and what is
 * published next gets a number of its own. Answers the version from before. Refuses with PRODUCT_BUSY while a run is under way, which
 * would publish over it, with NOT_FOUND where there is no such version, and with NOT_RESTORABLE one whose rows are gone or of another shape.
 */
export async function restoreData(
  trx: Transaction,
  { product, toVersion }: { product: ProductId; toVersion: number | null },
): Promise<{ from: number; to: number }> {
  // Who asks for a run of it waits, and who publishes.
  await trx.query('select from weft.products where id = $1 for update', [product]);
  const live = await liveDataset(trx, product);
  const history = await datasetHistory(trx, product);
  if (live === null) throw new Refusal('NOT_FOUND', `${product} has no data yet.`);
  const target = chosen(product, live, history, toVersion);
  await refuseWhileRunning(trx, product);
  await refuseUnlessWhole(trx, target);
  const taken = await trx.query(
    `update weft.dataset_versions set superseded_at = case when version = $2 then null else now() end
      where product_id = $1 and version in ($2, $3) and dropped_at is null`,
    [product, target.version, live.version],
  );
  if (taken.rowCount !== 2) throw gone(target);
  await trx.query('update weft.products set live_version = $2 where id = $1', [product, target.version]);
  await emit(trx, { type: 'dataset.restored', subject: product, payload: { version: target.version } });
  return { from: live.version, to: target.version };
}

function chosen(
  product: ProductId,
  live: DatasetVersion,
  history: readonly DatasetVersion[],
  wanted: number | null,
): DatasetVersion {
  const kept = history.filter(({ version, droppedAt }) => droppedAt === null && version !== live.version);
  const target =
    wanted === null
      ? kept.find(({ version }) => version < live.version)
      : history.find(({ version }) => version === wanted);
  const choice = kept.length === 0 ? 'none is kept' : `kept are ${kept.map(({ version }) => version).join(', ')}`;
  if (target === undefined)
    throw new Refusal('NOT_FOUND', `${product} has no version ${wanted ?? `before ${live.version}`}: ${choice}.`);
  if (target.version === live.version)
    throw new Refusal('NOT_RESTORABLE', `Version ${live.version} of ${product} is the live one: ${choice}.`);
  return target;
}

async function refuseWhileRunning(trx: Transaction, product: ProductId): Promise<void> {
  const { rows } = await trx.query<{ id: string }>(
    `select id from weft.runs where product_id = $1 and phase in ('queued', 'running')`,
    [product],
  );
  if (rows[0] !== undefined)
    throw new Refusal(
      'PRODUCT_BUSY',
      `Run ${rows[0].id} of ${product} is under way, and would publish over it: cancel it first.`,
    );
}

async function refuseUnlessWhole(trx: Transaction, target: DatasetVersion): Promise<void> {
  const { productId, version, revision, droppedAt } = target;
  if (droppedAt !== null) throw gone(target);
  const live = await revisionIn(trx, productId, 'live');
  const shape = await requireRevision(trx, productId, revision);
  if (live === null || live.dataDigest !== shape.dataDigest)
    throw new Refusal(
      'NOT_RESTORABLE',
      `Version ${version} of ${productId} has the shape of revision ${revision}, and readers see that of revision ${live?.revision ?? 'none'}: roll the product back first.`,
    );
}

function gone({ productId, version }: DatasetVersion): Refusal {
  return new Refusal(
    'NOT_RESTORABLE',
    `The rows of version ${version} of ${productId} are gone: they are not kept for good.`,
  );
}
