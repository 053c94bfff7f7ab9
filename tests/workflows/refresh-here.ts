import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Refusal } from '../../schema/errors.ts';
import { domainOf, type ProductId, type RunId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { ensureRole, READER } from '../../schema/ledger/roles.ts';
import { requestRun, requireRun, type RunRow } from '../../schema/ledger/runs.ts';
import { STAGES } from '../../schema/run.ts';
import { failRun } from '../../workflows/refresh/end.ts';
import { pinInputs } from '../../workflows/refresh/pin.ts';
import { connectorHost } from '../../workflows/sources/connectors/connector-host.ts';
import { performStage, type RefreshDeps } from '../../workflows/refresh/stage.ts';
import { STAGE_WORK } from '../../workflows/refresh/stage-work.ts';
import type { TestDatabase } from '../testkit/database.ts';
import { UNOBSERVED } from './told-nobody.ts';

/** What the stages need, on a test's database. */
export async function refreshDeps(database: Pick<TestDatabase, 'pool' | 'url'>): Promise<RefreshDeps> {
  await ensureRole(database.pool, database.url, READER);
  return {
    pool: database.pool,
    databaseUrl: database.url,
    roots: [],
    hosts: { loopbackOnly: true, allowedHosts: [] },
    deliveryRoots: [],
    secrets: () => null,
    duckdb: { memory: '256MB', disk: '2GB' },
    connectors: connectorHost({}, { allowed: '', folder: '', python: '' }),
    spark: () => null,
    sparkDatabase: null,
    scratch: await mkdtemp(join(tmpdir(), 'weft-scratch-')),
    // Those that have consumers with expectations bring a real one, and its pools.
    openSubgraph: () => {
      throw new Error('Nobody expects anything in this test');
    },
    observer: UNOBSERVED,
    ownTrace: () => null,
    crash: () => undefined,
    newRunId: () => randomUUID() as RunId,
  };
}

/**
 * Refreshes a product in this process, stage by stage, as the workflow does; a refusal is recorded. Answers the run as it ended. Unless it
 * `mayConfirm` the live version it makes another, as it would of one from an earlier release.
 */
export async function refreshHere(
  deps: RefreshDeps,
  productId: ProductId,
  during?: (stage: string) => Promise<void>,
  {
    fullLoad = false,
    mayConfirm = false,
    signal,
  }: { fullLoad?: boolean; mayConfirm?: boolean; signal?: AbortSignal } = {},
): Promise<RunRow> {
  if (!mayConfirm)
    await deps.pool.query(`update weft.runs set weft_version = '0.0.0' where product_id = $1`, [productId]);
  const { runId } = await transaction(deps.pool, (trx) =>
    requestRun(trx, { runId: randomUUID() as RunId, productId, trigger: 'manual', requestedBy: 'test', fullLoad }),
  );
  return finishHere(deps, await requireRun(deps.pool, runId), during, signal);
}

/** The same of a run that is asked for. */
export async function finishHere(
  deps: RefreshDeps,
  { id: runId, productId, trigger }: RunRow,
  during?: (stage: string) => Promise<void>,
  signal = new AbortController().signal,
): Promise<RunRow> {
  const ref = { runId, productId, domain: domainOf(productId), trigger };
  try {
    await pinInputs(deps, ref);
    for (const stage of STAGES) {
      await performStage(deps, { run: ref, stage, signal }, STAGE_WORK[stage]);
      await during?.(stage);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await failRun(deps, ref, { code: error.code, message: error.message, findings: error.findings });
  }
  return requireRun(deps.pool, runId);
}
