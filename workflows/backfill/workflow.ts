import {
  CancellationScope,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { BackfillRef, SliceRef } from '../names.ts';
import type { SliceActivities } from '../refresh/activities.ts';
import { platformActivities, runError, stageOptions } from '../refresh/workflow.ts';

/**
 * Reads the slices of a backfill, some at once, and asks for the run that merges them. What is read the ledger knows: begun anew, it goes
 * on with the rest.
 */
export async function backfill(ref: BackfillRef): Promise<void> {
  const platform = platformActivities();
  let read = 0;
  try {
    while (!workflowInfo().continueAsNewSuggested) {
      const slices = await platform.unreadSlices(ref);
      if (slices.length === 0) {
        setCurrentDetails(`All slices are read: the refresh of ${ref.productId} merges them.`);
        await platform.mergeSlices(ref);
        return;
      }
      await CancellationScope.cancellable(() =>
        eachAtOnce(slices, ref.atOnce, async (slice) => {
          await readSlice(ref, slice);
          read += 1;
          setCurrentDetails(`${read} slices are read since this began, the last one ${told(slice)}.`);
        }),
      );
    }
  } catch (error) {
    const why = isCancellation(error) ? null : runError(error);
    await CancellationScope.nonCancellable(() => platform.endReading(ref, why));
    throw error;
  }
  await continueAsNew<typeof backfill>(ref);
}

function readSlice(ref: BackfillRef, slice: SliceRef): Promise<unknown> {
  const activities = proxyActivities<SliceActivities>(stageOptions(ref));
  const summary = `${ref.productId}: reads ${told(slice)}`;
  return activities.readSlice.executeWithOptions({ ...stageOptions(ref), summary }, [slice]);
}

function told({ nth, begins, ends }: SliceRef): string {
  return `slice ${nth}, ${begins} to ${ends}`;
}

/** Does it with all, so many at once; where one fails, the others are called off. */
async function eachAtOnce<Item>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const scope = CancellationScope.current();
  const left = [...items];
  const turns = Array.from({ length: Math.min(atOnce, items.length) }, async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item);
  });
  try {
    await Promise.all(turns);
  } catch (error) {
    scope.cancel();
    await Promise.allSettled(turns);
    throw error;
  }
}
