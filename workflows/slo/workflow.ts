import {
  condition,
  continueAsNew,
  defineSignal,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { SLO_MOVED, type SloRef } from '../names.ts';
import type { SloDue } from '../refresh/activities.ts';
import { platformActivities } from '../refresh/workflow.ts';

const moved = defineSignal(SLO_MOVED);
/** The ledger's clock may be behind Temporal's by a little: it is asked again this much later. */
const AGAIN_MS = 250;

/**
 * Knows the moment at which a product is late: waits until its data is due, and has it judged then, and whenever it moved (data was
 * published, or its promises are others). Ends where no time is promised any more.
 */
export async function slo(ref: SloRef): Promise<void> {
  let stirred = false;
  setHandler(moved, () => {
    stirred = true;
  });
  const platform = platformActivities();
  do {
    stirred = false;
    const due = await platform.judgeSlos(ref.productId);
    if (due === null) return;
    setCurrentDetails(detailsOf(due));
    if (due.dueAt === null) await condition(() => stirred);
    else await condition(() => stirred, Math.max(Date.parse(due.dueAt) - Date.now(), AGAIN_MS));
  } while (!workflowInfo().continueAsNewSuggested);
  // It judges first of all, so that what stirred it meanwhile is not lost.
  await continueAsNew<typeof slo>(ref);
}

function detailsOf({ dueAt, late }: SloDue): string {
  const missed = late.map(({ property, since }) => `- **${property}** is not kept since ${since}`);
  const next = dueAt === null ? 'Waits for new data.' : `Next due: **${dueAt}**`;
  return [...missed, next].join('\n');
}
