import { proxyActivities, uuid4, workflowInfo } from '@temporalio/workflow';
import type { RunId } from '../../schema/ids.ts';
import { PLATFORM_QUEUE, SCHEDULED_FOR, type TickRef } from '../names.ts';
import type { PlatformActivities } from './activities.ts';

/** What a schedule starts: asks the ledger for a run, as of the schedule's own time. The id is the workflow's, so that a repetition asks for the same. */
export async function tick({ productId }: TickRef): Promise<boolean> {
  const platform = proxyActivities<PlatformActivities>({
    taskQueue: PLATFORM_QUEUE,
    startToCloseTimeout: '1m',
    // One that is to follow another waits for its end; none takes longer than a day.
    scheduleToCloseTimeout: '24h',
    // While it waits nothing is amiss.
    retry: { maximumInterval: '1m' },
  });
  const scheduledFor = workflowInfo().typedSearchAttributes.get(SCHEDULED_FOR);
  return platform.requestScheduledRun(productId, uuid4() as RunId, scheduledFor?.toISOString() ?? null);
}
