import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { type BackfillId, domainOf, type ProductId, productId, type RunId } from '../schema/ids.ts';
import { type Pool, transaction, type Transaction } from '../schema/ledger/connect.ts';
import { backfill as findBackfill } from '../schema/ledger/backfills.ts';
import { deferEvent, markHandled, type StoredEvent, takeAlike, takeEvents } from '../schema/ledger/events.ts';
import { productOf } from '../schema/ledger/mesh.ts';
import { holdsOf, pausesOf } from '../schema/ledger/pauses.ts';
import { revisionIn } from '../schema/ledger/products.ts';
import { run as findRun } from '../schema/ledger/runs.ts';
import { requestUpstreamRuns } from '../schema/ledger/upstream-runs.ts';
import { refreshWorkflowId } from './names.ts';
import { type AlertDeps, followAlerts } from './notify/alerts.ts';
import { watchAlert } from './notify/watch-alert.ts';
import type { RunObserver } from './refresh/observer.ts';
import { followRestored } from './refresh/restored-views.ts';
import { dropSchedule, followPause, keepSchedule, moveSchedule } from './schedules.ts';
import { cancelBackfill, startBackfill } from './backfill/start.ts';
import { endTimer, judgeSlos, needsTimer, stirTimer } from './slo/timer.ts';
import { startRefresh } from './start-refresh.ts';
import { memoUnderWay } from './starting.ts';

export interface RelayDeps {
  readonly pool: Pool;
  readonly databaseUrl: string;
  readonly client: Client;
  readonly log: Logger;
  readonly newRunId: () => RunId;
  readonly observer: RunObserver;
  readonly alerts: AlertDeps;
}

/** A call that Temporal does not answer within this is one that it will answer later: the event waits, and others come first. */
const CALL_DEADLINE_MS = 5_000;
/** Waits after a failure: from half a second, half as long again each time, up to half a minute. */
const DELAY_SECONDS = { first: 0.5, factor: 1.5, most: 30 } as const;

/** Events of which many come at once: they are taken together, so that what is due upstream is told once of all. */
const STIRRING_ALONE: ReadonlySet<StoredEvent['type']> = new Set([
  ...(['dataset.published', 'dataset.confirmed', 'refresh.failed'] as const),
]);
/** What makes data readable, or lets it come to rest: products may be due that read it. */
const STIRRING: ReadonlySet<StoredEvent['type']> = new Set([
  ...STIRRING_ALONE,
  ...(['dataset.restored', 'refresh.cancelled', 'product.resumed', 'domain.released'] as const),
]);

/** What was asked for cannot be done yet, and nothing is wrong. */
class NotYet extends Error {}

/**
 * Acts on all events of the outbox that are due, one transaction each, so that one which fails is put off and holds up no other.
 * Several relays may run: each skips what another has taken. Resolves when nothing is due.
 */
export async function relayEvents(deps: RelayDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const outcome = await relayOne(deps, signal);
    if (outcome === 'none') return;
    if (outcome !== 'handled') await deferEvent(deps.pool, outcome.id, delayOf(outcome.attempts));
  }
}

/** Takes the oldest event that is due and acts on it; the event itself where that failed. */
async function relayOne(deps: RelayDeps, signal: AbortSignal): Promise<'none' | 'handled' | StoredEvent> {
  let taken: StoredEvent | undefined;
  try {
    return await transaction(deps.pool, async (trx) => {
      [taken] = await takeEvents(trx, 1);
      if (taken === undefined) return 'none';
      await follow(deps, trx, taken, signal);
      const alike = STIRRING_ALONE.has(taken.type) ? await takeAlike(trx, [...STIRRING_ALONE]) : [];
      for (const event of alike) await follow(deps, trx, event, signal);
      if (STIRRING.has(taken.type)) await requestUpstreamRuns(trx, deps.newRunId);
      await markHandled(
        trx,
        [taken, ...alike].map(({ id }) => id),
      );
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

async function follow(deps: RelayDeps, trx: Transaction, event: StoredEvent, signal: AbortSignal): Promise<void> {
  await actOn(deps, trx, event, signal);
  const alert = await followAlerts(trx, deps.alerts, event);
  if (alert === null) return;
  await deps.client.connection.withDeadline(Date.now() + CALL_DEADLINE_MS, () => watchAlert(deps.client, alert));
}

async function actOn(deps: RelayDeps, trx: Transaction, event: StoredEvent, signal: AbortSignal): Promise<void> {
  const { client } = deps;
  const schedules = { client, ledger: trx };
  const subject = productId(event.subject);
  if (subject === null) return;
  const call = <Result>(act: () => Promise<Result>): Promise<Result> =>
    client.connection.withDeadline(Date.now() + CALL_DEADLINE_MS, act);
  switch (event.type) {
    case 'refresh.requested': {
      const run = await findRun(trx, event.payload.runId as RunId);
      if (run === null || !['queued', 'running'].includes(run.phase)) return;
      // Asked for again when the domain is released.
      if ((await holdsOf(trx, [domainOf(subject)])).length > 0) return;
      if ((await call(() => startRefresh(client, run))) === 'busy') throw new NotYet();
      return;
    }
    case 'refresh.cancelled':
      return call(() => cancelWorkflow(client, subject, event.payload.runId));
    case 'backfill.requested': {
      const found = await findBackfill(trx, event.payload.backfillId as BackfillId);
      if (found?.phase !== 'reading') return;
      if ((await holdsOf(trx, [domainOf(subject)])).length > 0) throw new NotYet();
      if ((await call(() => startBackfill(client, found))) === 'busy') throw new NotYet();
      return;
    }
    case 'backfill.cancelled':
      return call(() => cancelBackfill(client, subject, event.payload.backfillId as BackfillId));
    case 'product.published': {
      const revision = await revisionIn(trx, subject, 'live');
      if (revision !== null) await call(() => keepSchedule(schedules, productOf(revision)));
      const due = await judgeSlos(trx, subject);
      return call(() => (due === null ? endTimer : stirTimer)(client, subject));
    }
    case 'product.renamed': {
      const revision = await revisionIn(trx, subject, 'live');
      const from = event.payload.from as ProductId;
      if (revision === null) return call(() => dropSchedule(client, from));
      await call(() => moveSchedule(schedules, from, productOf(revision)));
      await call(() => endTimer(client, from));
      return (await judgeSlos(trx, subject)) === null ? undefined : call(() => stirTimer(client, subject));
    }
    case 'product.retired':
      await call(() => dropSchedule(client, subject));
      await judgeSlos(trx, subject);
      return call(() => endTimer(client, subject));
    case 'product.paused':
    case 'product.resumed': {
      const [pause] = await pausesOf(trx, [subject]);
      return call(() => followPause(client, subject, pause ?? null));
    }
    case 'dataset.restored':
      await followRestored(deps, subject, signal);
      return moveTimer(deps, trx, subject);
    case 'dataset.published':
    case 'dataset.confirmed':
      return moveTimer(deps, trx, subject);
    case 'product.retiring':
    case 'product.stays':
    case 'refresh.failed':
    case 'domain.released':
    case 'supergraph.moved':
    case 'slo.missed':
    case 'slo.met':
      return;
  }
}

/** Other data is live, or that is fresh which was: it is due at another time. */
async function moveTimer({ client }: RelayDeps, trx: Transaction, product: ProductId): Promise<void> {
  const revision = await revisionIn(trx, product, 'live');
  if (revision === null || !needsTimer(productOf(revision))) return;
  await client.connection.withDeadline(Date.now() + CALL_DEADLINE_MS, () => stirTimer(client, product));
}

async function cancelWorkflow(client: Client, product: ProductId, runId: string): Promise<void> {
  const workflowId = refreshWorkflowId(product);
  if ((await memoUnderWay(client, workflowId))?.['runId'] === runId)
    await client.workflow.getHandle(workflowId).cancel();
}

function delayOf(attempts: number): number {
  return Math.min(DELAY_SECONDS.first * DELAY_SECONDS.factor ** attempts, DELAY_SECONDS.most);
}
