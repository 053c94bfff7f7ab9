import { proxyActivities, setCurrentDetails, sleep } from '@temporalio/workflow';
import { type AlertRef, PLATFORM_QUEUE } from '../names.ts';
import type { PlatformActivities } from '../refresh/activities.ts';

/** Watches over an alert: who is next is told when nobody has seen to it in time. Ends where somebody has, or nobody is left to be told. */
export async function alert({ alertId }: AlertRef): Promise<void> {
  const platform = proxyActivities<PlatformActivities>({
    taskQueue: PLATFORM_QUEUE,
    startToCloseTimeout: '1m',
    retry: { initialInterval: '500ms', backoffCoefficient: 1.5, maximumInterval: '10s' },
  });
  for (;;) {
    const waitMs = await platform.escalateAlert(alertId);
    if (waitMs === null) return;
    setCurrentDetails(`Escalates at **${new Date(Date.now() + waitMs).toISOString()}**, if nobody sees to it.`);
    await sleep(waitMs);
  }
}
