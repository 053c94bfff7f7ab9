import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  TimeoutFailure,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Finding } from '../../schema/findings.ts';
import type { RunError } from '../../schema/ledger/runs.ts';
import { STAGES, type Stage } from '../../schema/run.ts';
import { ATTRIBUTES, domainQueue, PLATFORM_QUEUE, type RunRef } from '../names.ts';
import type { PlatformActivities, StageActivities, StageDetail } from './activities.ts';
import { stageTable, type StageProgress } from './stage-table.ts';

const WHAT: Readonly<Record<Stage, string>> = {
  extract: 'finds the sources and compares them with their contract',
  land: 'streams rows into the run’s own schema',
  transform: 'makes the output tables',
  audit: 'checks the contract’s quality rules',
  publish: 'moves the pointer, in one transaction',
  announce: 'lets the views follow and clears away',
};

/** One refresh of one product: six stages in order; whatever ends it, the ledger knows and nothing is left behind. */
export async function refresh(run: RunRef): Promise<StageDetail> {
  const platform = platformActivities();
  const progress: StageProgress[] = [];
  try {
    await platform.pinInputs(run);
    let last: StageDetail = {};
    for (const stage of STAGES) last = await perform(stage, run, progress);
    return last;
  } catch (error) {
    await CancellationScope.nonCancellable(async () => {
      if (isCancellation(error)) return platform.abandonRun(run);
      return platform.failRun(run, runError(error));
    });
    setCurrentDetails(stageTable(progress, isCancellation(error) ? 'cancelled' : `failed: ${runError(error).message}`));
    throw error;
  }
}

async function perform(stage: Stage, run: RunRef, progress: StageProgress[]): Promise<StageDetail> {
  upsertSearchAttributes([{ key: ATTRIBUTES.stage, value: stage }]);
  const startedMs = Date.now();
  progress.push({ stage, state: 'running', detail: {}, ms: 0 });
  setCurrentDetails(stageTable(progress));
  const activities = stageActivities(run);
  const detail = await activities[stage].executeWithOptions(
    { ...stageOptions(run), summary: `${run.productId}: ${WHAT[stage]}` },
    [run],
  );
  progress.splice(-1, 1, { stage, state: 'done', detail, ms: Date.now() - startedMs });
  setCurrentDetails(stageTable(progress));
  return detail;
}

function stageActivities(run: RunRef) {
  return proxyActivities<StageActivities>(stageOptions(run));
}

/** How long a piece of a domain's work may take, and when it is given to another worker. */
export function stageOptions(run: Pick<RunRef, 'domain'>) {
  return {
    taskQueue: domainQueue(run.domain),
    // A stage that heartbeats may be as slow as its data is large; a day is more than any schedule waits for.
    startToCloseTimeout: '24h',
    // A worker that was killed is missed after this long. Shorter, and a busy machine looks like a dead one.
    heartbeatTimeout: '10s',
    // Without end: which fault is worth another attempt, and how often, is said by the failure itself (see border.ts).
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '15s' },
  } as const;
}

/** The platform's own activities. */
export function platformActivities() {
  return proxyActivities<PlatformActivities>({
    taskQueue: PLATFORM_QUEUE,
    startToCloseTimeout: '1m',
    retry: { initialInterval: '500ms', backoffCoefficient: 1.5, maximumInterval: '10s' },
  });
}

/** What the ledger keeps of a failure: a refusal's own words, or that it is a fault. */
export function runError(error: unknown): RunError {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const [first] = (cause.details ?? []) as ({ findings?: readonly Finding[] } | undefined)[];
    return { code: cause.type ?? 'INTERNAL', message: cause.message, findings: first?.findings ?? [] };
  }
  const message =
    cause instanceof TimeoutFailure
      ? 'A stage took longer than it may.'
      : cause instanceof Error
        ? cause.message
        : String(cause);
  return { code: 'INTERNAL', message, findings: [] };
}
