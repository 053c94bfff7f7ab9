import { Refusal } from '../../schema/errors.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { liveDataset } from '../../schema/ledger/datasets.ts';
import { productOf } from '../../schema/ledger/mesh.ts';
import { requireRevision } from '../../schema/ledger/products.ts';
import { beginTrace, openRuns, requireRun, startRun, takeNewestRevision } from '../../schema/ledger/runs.ts';
import type { RunRef } from '../names.ts';
import type { StageDetail } from './activities.ts';
import { clearForsaken } from './end.ts';
import { inputProducts } from './plan.ts';
import type { RefreshDeps } from './stage.ts';

/** An input has no data yet, but a run of it is under way: worth asking again in a moment. */
export class InputUnderWay extends Error {}

/**
 * Starts the run in the ledger: the newest revision, and the versions of the products it reads, which stay the same to its end.
 * Throws InputUnderWay while a first run of an input is under way, and refuses with INPUT_NOT_READY where there is none.
 */
export async function pinInputs(deps: Pick<RefreshDeps, 'pool' | 'ownTrace'>, { runId }: RunRef): Promise<StageDetail> {
  const outcome = await transaction(deps.pool, async (trx) => {
    await takeNewestRevision(trx, runId);
    const own = deps.ownTrace(runId);
    if (own !== null) await beginTrace(trx, runId, own);
    const run = await requireRun(trx, runId);
    if (run.phase === 'running' && Object.keys(run.inputVersions).length > 0)
      return { pinned: run.inputVersions, missing: [], underWay: false };
    if (run.workspace !== run.id) {
      // What was done of it read these.
      await startRun(trx, runId, run.inputVersions);
      return { pinned: run.inputVersions, missing: [], underWay: false };
    }
    const { products: inputs, unknown } = await inputProducts(
      trx,
      productOf(await requireRevision(trx, run.productId, run.revision)),
    );
    const pinned: Record<string, number> = {};
    for (const input of inputs) {
      const live = await liveDataset(trx, input);
      if (live !== null) pinned[input] = live.version;
    }
    const missing = [
      ...inputs.filter((input) => pinned[input] === undefined),
      ...unknown.map((id) => `the contract ${id}`),
    ];
    const running = new Set<string>(
      missing.length === 0 ? [] : (await openRuns(trx)).map(({ productId }) => productId),
    );
    const underWay = missing.length > 0 && missing.every((input) => running.has(input));
    if (!underWay) await startRun(trx, runId, pinned);
    return { pinned, missing, underWay };
  });
  const { productId: product, workspace: but } = await requireRun(deps.pool, runId);
  await clearForsaken(deps.pool, { product, but });
  const names = outcome.missing.join(' and ');
  if (outcome.underWay) throw new InputUnderWay(`Waits for the first data of ${names}.`);
  if (outcome.missing.length > 0)
    throw new Refusal(
      'INPUT_NOT_READY',
      `It reads ${names}, which has no data yet. Refresh that first; this product follows by itself.`,
    );
  return outcome.pinned;
}
