import { transaction } from '../../schema/ledger/connect.ts';
import {
  cancelRun,
  failRun as recordFailure,
  requestDueRun,
  run as findRun,
  type RunError,
  type RunRow,
} from '../../schema/ledger/runs.ts';
import type { RunRef } from '../names.ts';
import { dropRunSchema } from './announce.ts';
import { inputProducts } from './plan.ts';
import { runSchema } from './run-tables.ts';
import { productOf } from '../../schema/ledger/mesh.ts';
import { requireRevision } from '../../schema/ledger/products.ts';
import { fence, type RefreshDeps } from './stage.ts';

/** Records why a run failed, drops what it made, and asks for the next where one is due. A run that is over stays as it is. */
export async function failRun(deps: RefreshDeps, ref: RunRef, error: RunError): Promise<void> {
  await fence(deps.pool, ref.runId);
  const run = await findRun(deps.pool, ref.runId);
  if (run === null) return;
  const { products: inputs } = await inputProducts(
    deps.pool,
    productOf(await requireRevision(deps.pool, run.productId, run.revision)),
  );
  await transaction(deps.pool, (trx) => recordFailure(trx, run.id, error));
  await dropWork(deps, run);
  await transaction(deps.pool, async (trx) => {
    await requestDueRun(trx, { runId: deps.newRunId(), ended: run.id, inputs });
  });
}

/** Records that a run was called off, and drops what it made. A run that is over stays as it is. */
export async function abandonRun(deps: RefreshDeps, ref: RunRef): Promise<void> {
  await fence(deps.pool, ref.runId);
  const run = await findRun(deps.pool, ref.runId);
  if (run === null) return;
  await transaction(deps.pool, (trx) => cancelRun(trx, run.id));
  await dropWork(deps, run);
}

/** Drops what a run made that is over: an attempt that connected before it was so is ended first, a later one finds it over. */
async function dropWork(deps: RefreshDeps, run: RunRow): Promise<void> {
  await fence(deps.pool, run.id);
  await dropRunSchema(deps.pool, runSchema(run));
}
