import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Logger } from 'pino';
import { linkMesh } from '../schema/contract/link.ts';
import { type ProductId, productId, type RunId } from '../schema/ids.ts';
import { type Pool, transaction, type Transaction } from '../schema/ledger/connect.ts';
import { liveDataset } from '../schema/ledger/datasets.ts';
import { deferEvent, markHandled, type StoredEvent, takeEvents } from '../schema/ledger/events.ts';
import { comingProducts, productOf } from '../schema/ledger/mesh.ts';
import { revisionIn } from '../schema/ledger/products.ts';
import { readyToRun } from '../schema/ledger/ready-to-run.ts';
import { requestRun, run as findRun } from '../schema/ledger/runs.ts';
import { refreshWorkflowId } from './names.ts';
import { dropSchedule, keepSchedule, moveSchedule } from './schedules.ts';
import { startRefresh } from './start-refresh.ts';

export interface RelayDeps {
  readonly pool: Pool;
  readonly client: Client;
  readonly log: Logger;
  readonly newRunId: () => RunId;
}

/** A call that Temporal does not answer within this is one that it will answer later: the event waits, and others come first. */
const CALL_DEADLINE_MS = 5_000;
/** Waits after a failure: from half a second, half as long again each time, up to half a minute. */
const DELAY_SECONDS = { first: 0.5, factor: 1.5, most: 30 } as const;

/** What was asked for cannot be done yet, and nothing is wrong. */
class NotYet extends Error {}

/**
 * Acts on all events of the outbox that are due, one transaction each, so that one which fails is put off and holds up no other.
 * Several relays may run: each skips what another has taken. Resolves when nothing is due.
 */
export async function relayEvents(deps: RelayDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const outcome = await relayOne(deps);
    if (outcome === 'none') return;
    if (outcome !== 'handled') await deferEvent(deps.pool, outcome.id, delayOf(outcome.attempts));
  }
}

/** Takes the oldest event that is due and acts on it; the event itself where that failed. */
async function relayOne(deps: RelayDeps): Promise<'none' | 'handled' | StoredEvent> {
  let taken: StoredEvent | undefined;
  try {
    return await transaction(deps.pool, async (trx) => {
      [taken] = await takeEvents(trx, 1);
      if (taken === undefined) return 'none';
      await actOn(deps, trx, taken);
      await markHandled(trx, [taken.id]);
      return 'handled';
    });
  } catch (error) {
    if (taken === undefined) throw error;
    if (!(error instanceof NotYet))
      deps.log.warn(
        { event: taken.type, subject: taken.subject, attempts: taken.attempts, err: error },
        'an event is put off',
      );
    return taken;
  }
}

async function actOn(deps: RelayDeps, trx: Transaction, event: StoredEvent): Promise<void> {
  const { client } = deps;
  const subject = productId(event.subject);
  if (subject === null) return;
  const call = <Result>(act: () => Promise<Result>): Promise<Result> =>
    client.connection.withDeadline(Date.now() + CALL_DEADLINE_MS, act);
  switch (event.type) {
    case 'refresh.requested': {
      const run = await findRun(trx, event.payload.runId as RunId);
      if (run === null || !['queued', 'running'].includes(run.phase)) return;
      if ((await call(() => startRefresh(client, run))) === 'busy') throw new NotYet();
      return;
    }
    case 'refresh.cancelled':
      return call(() => cancelWorkflow(client, subject, event.payload.runId));
    case 'product.published': {
      const revision = await revisionIn(trx, subject, 'live');
      if (revision !== null) await call(() => keepSchedule(client, productOf(revision)));
      return;
    }
    case 'product.renamed': {
      const revision = await revisionIn(trx, subject, 'live');
      const from = event.payload.from as ProductId;
      if (revision === null) return call(() => dropSchedule(client, from));
      return call(() => moveSchedule(client, from, productOf(revision)));
    }
    case 'product.retired':
      return call(() => dropSchedule(client, subject));
    case 'dataset.published':
      return requestDependents(deps, trx, subject, event.payload.version);
    case 'product.retiring':
    case 'product.stays':
    case 'supergraph.moved':
    case 'refresh.failed':
      return;
  }
}

async function cancelWorkflow(client: Client, product: ProductId, runId: string): Promise<void> {
  const handle = client.workflow.getHandle(refreshWorkflowId(product));
  try {
    const { memo, status } = await handle.describe();
    if (memo?.['runId'] === runId && status.name === 'RUNNING') await handle.cancel();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** Asks for a run of each product that reads the one, or will, where it is ready to run and has not read this version yet. */
async function requestDependents(
  deps: RelayDeps,
  trx: Transaction,
  upstream: ProductId,
  version: number,
): Promise<void> {
  const { mesh } = linkMesh(await comingProducts(trx));
  const ready = await readyToRun(trx);
  for (const [id, inputs] of mesh.inputs) {
    if (!inputs.some(({ product }) => product === upstream) || !ready(id)) continue;
    const made = await liveDataset(trx, id);
    const madeBy = made === null ? null : await findRun(trx, made.runId);
    if (madeBy?.inputVersions[upstream] === version) continue;
    await requestRun(trx, { runId: deps.newRunId(), productId: id, trigger: 'upstream', requestedBy: 'weft' });
  }
}

function delayOf(attempts: number): number {
  return Math.min(DELAY_SECONDS.first * DELAY_SECONDS.factor ** attempts, DELAY_SECONDS.most);
}
