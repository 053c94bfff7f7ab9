import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { Refusal } from '../schema/errors.ts';
import { transaction } from '../schema/ledger/connect.ts';
import { STAGES, type Stage } from '../schema/run.ts';
import { endReading, mergeSlices, unreadSlices } from './backfill/merge-slices.ts';
import { readSlice } from './backfill/read-slice.ts';
import type { PlatformActivities, SliceActivities, StageActivities } from './refresh/activities.ts';
import { isDiskFull, isOutage } from './outage.ts';
import { deliverVersion } from './deliver/deliver-version.ts';
import type { DeliveryActivities } from './names.ts';
import { abandonRun, failRun } from './refresh/end.ts';
import { InputUnderWay, pinInputs } from './refresh/pin.ts';
import { requestScheduledRun, RunUnderWay } from './refresh/scheduled.ts';
import { performStage, type RefreshDeps, StageFault } from './refresh/stage.ts';
import { STAGE_WORK } from './refresh/stage-work.ts';
import { type AlertDeps, escalate } from './notify/alerts.ts';
import { judgeSlos } from './slo/timer.ts';

/** Twice within the heartbeat's throttle: a cancelled stage hears of it by then. */
const HEARTBEAT_MS = 2_000;

/** Attempts at a stage or activity that fails by a fault: most pass by themselves, and the rest never will. */
const FAULTS_ALLOWED = 5;

/** The stages, the reading of slices, and deliveries, as Temporal's activities: heartbeats, cancellation, and failures in Temporal's words. */
export function stageActivities(deps: RefreshDeps): StageActivities & SliceActivities & DeliveryActivities {
  const made = STAGES.map((stage) => [
    stage,
    (run: Parameters<StageActivities[Stage]>[0]) =>
      atBorder(stage, (signal) => performStage(deps, { run, stage, signal }, STAGE_WORK[stage])),
  ]);
  return {
    ...(Object.fromEntries(made) as StageActivities),
    readSlice: (slice) => atBorder('readSlice', (signal) => readSlice(deps, slice, signal)),
    deliverVersion: (ref) => atBorder('deliverVersion', (signal) => deliverVersion(deps, ref, signal)),
  };
}

/** What people are told with. */
export interface NotifyDeps {
  readonly alerts: AlertDeps;
}

/** The platform's own activities. */
export function platformActivities(deps: RefreshDeps & NotifyDeps): PlatformActivities {
  return {
    pinInputs: (run) => atBorder('pinInputs', () => pinInputs(deps, run)),
    failRun: (run, error) => atBorder('failRun', () => failRun(deps, run, error)),
    abandonRun: (run) => atBorder('abandonRun', () => abandonRun(deps, run)),
    judgeSlos: (product) => atBorder('judgeSlos', () => transaction(deps.pool, (trx) => judgeSlos(trx, product))),
    escalateAlert: (id) =>
      atBorder('escalateAlert', () => transaction(deps.pool, (trx) => escalate(trx, deps.alerts, id))),
    requestScheduledRun: (product, runId, scheduledFor) =>
      atBorder('requestScheduledRun', () =>
        requestScheduledRun(deps, {
          product,
          runId,
          // A tick of the release before says none.
          scheduledFor: scheduledFor == null ? null : new Date(scheduledFor),
        }),
      ),
    unreadSlices: (ref) => atBorder('unreadSlices', () => unreadSlices(deps, ref)),
    mergeSlices: (ref) => atBorder('mergeSlices', () => mergeSlices(deps, ref)),
    endReading: (ref, error) => atBorder('endReading', () => endReading(deps, ref, error)),
  };
}

/** Ends that must come about: they are tried until they do. */
const UNTIL_DONE = new Set(['failRun', 'abandonRun', 'endReading', 'announce', 'judgeSlos', 'escalateAlert']);

async function atBorder<Result>(name: string, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const context = Context.current();
  const { cancellationSignal: signal, info, log } = context;
  const beating = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    return await work(signal);
  } catch (error) {
    if (signal.aborted) throw calledOff(name, signal, error);
    if (error instanceof InputUnderWay || error instanceof RunUnderWay)
      throw ApplicationFailure.create({
        message: error.message,
        type: error instanceof InputUnderWay ? 'INPUT_NOT_READY' : 'PRODUCT_BUSY',
        nextRetryDelay: '1s',
        category: ApplicationFailureCategory.BENIGN,
        cause: error,
      });
    if (error instanceof Refusal)
      throw ApplicationFailure.create({
        message: error.message,
        type: error.code,
        nonRetryable: true,
        details: [{ findings: error.findings }],
        category: ApplicationFailureCategory.BENIGN,
        cause: error,
      });
    const outage = isOutage(error);
    log.warn('an activity failed by a fault', { activity: name, attempt: info.attempt, outage, error });
    const times = error instanceof StageFault ? error.times : info.attempt;
    const last = !outage && times >= FAULTS_ALLOWED && !UNTIL_DONE.has(name);
    const full = isDiskFull(error);
    const said = error instanceof Error ? error.message : String(error);
    const message = full ? `A disk is full: ${said}. Free space, and take the run up again` : said;
    throw ApplicationFailure.create({
      message: last ? `${message} (after ${times} faults; see the worker's log)` : message,
      type: outage ? 'DATABASE_UNREACHABLE' : full ? 'DISK_FULL' : 'INTERNAL',
      nonRetryable: last,
      ...(error instanceof Error ? { cause: error } : {}),
    });
  } finally {
    clearInterval(beating);
  }
}

/** A cancelled run ends; a worker that stops only hands its stage to the next one. */
function calledOff(name: string, signal: AbortSignal, error: unknown): Error {
  const cause = error instanceof Error ? error : undefined;
  const reason: unknown = signal.reason;
  if (reason instanceof Error && reason.message === 'CANCELLED')
    return new CancelledFailure(`${name} was called off.`, [], cause);
  return ApplicationFailure.create({
    message: `${name} stopped with its worker.`,
    type: 'WORKER_STOPPED',
    nextRetryDelay: '100ms',
    ...(cause === undefined ? {} : { cause }),
  });
}
