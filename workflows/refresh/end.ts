import { type Pool, transaction } from '../../schema/ledger/connect.ts';
import { isOfUse, keepWork, takeForsaken } from '../../schema/ledger/retry.ts';
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
import { runSchema } from './run-tables.ts';
import { fence, type RefreshDeps } from './stage.ts';

/**
 * Records why a run failed, and asks for the next where one is due. What it made is dropped, unless its rows had landed: then they are
 * kept for a retry. A run that is over stays as it is.
 */
export async function failRun(deps: RefreshDeps, ref: RunRef, error: RunError): Promise<void> {
  await fence(deps.pool, ref.runId);
  const run = await findRun(deps.pool, ref.runId);
  if (run === null) return;
  const isRecorded = await transaction(deps.pool, async (trx) => {
    const failed = await recordFailure(trx, run.id, error);
    if (failed) await keepWork(trx, run.id);
    return failed;
  });
  if (isRecorded) deps.observer.runEnded({ run, outcome: 'failed', code: error.code });
  if (!(await isOfUse(deps.pool, run.id))) await dropWork(deps, run);
  await transaction(deps.pool, async (trx) => {
    await requestDueRun(trx, { runId: deps.newRunId(), ended: run.id });
  });
}

/** Records that a run was called off, and drops what it made. A run that is over stays as it is. */
export async function abandonRun(deps: RefreshDeps, ref: RunRef): Promise<void> {
  await fence(deps.pool, ref.runId);
  const run = await findRun(deps.pool, ref.runId);
  if (run === null) return;
  const isRecorded = await transaction(deps.pool, (trx) => cancelRun(trx, run.id));
  await dropWork(deps, run);
  // Who calls a run off by hand records that, and leaves the rest to us.
  if (isRecorded || run.phase === 'cancelled') deps.observer.runEnded({ run, outcome: 'cancelled', code: null });
}

/** Drops what failed runs made whose time is over, or that a newer run of the product (`but`) takes the place of. */
export async function clearForsaken(pool: Pool, which: Parameters<typeof takeForsaken>[1]): Promise<void> {
  await transaction(pool, async (trx) => {
    for (const run of await takeForsaken(trx, which)) await dropRunSchema(trx, runSchema(run));
  });
}

/** Drops what a run made that is over: an attempt that connected before it was so is ended first, a later one finds it over. */
async function dropWork(deps: RefreshDeps, run: RunRow): Promise<void> {
  await fence(deps.pool, run.id);
  await dropRunSchema(deps.pool, runSchema(run));
}
