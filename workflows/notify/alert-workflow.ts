import { setCurrentDetails, sleep } from '@temporalio/workflow';
import type { AlertRef } from '../names.ts';
import { platformActivities } from '../refresh/workflow.ts';

/** Watches over an alert: who is next is told when nobody has seen to it in time. Ends where somebody has, or nobody is left to be told. */
export async function alert({ alertId }: AlertRef): Promise<void> {
  const platform = platformActivities();
  for (;;) {
    const waitMs = await platform.escalateAlert(alertId);
    if (waitMs === null) return;
    setCurrentDetails(`Escalates at **${new Date(Date.now() + waitMs).toISOString()}**, if nobody sees to it.`);
    await sleep(waitMs);
  }
}
