import { proxyActivities, uuid4 } from '@temporalio/workflow';
import type { RunId } from '../../schema/ids.ts';
import { PLATFORM_QUEUE, type TickRef } from '../names.ts';
import type { PlatformActivities } from './activities.ts';

/** What a schedule starts: asks the ledger for a run, which joins one under way. The id is the workflow's, so that a repetition asks for the same. */
export async function tick({ productId }: TickRef): Promise<boolean> {
  const platform = proxyActivities<PlatformActivities>({
    taskQueue: PLATFORM_QUEUE,
    startToCloseTimeout: '1m',
    // The next firing comes by itself: an hour of trying is enough.
    scheduleToCloseTimeout: '1h',
  });
  return platform.requestScheduledRun(productId, uuid4() as RunId);
}
