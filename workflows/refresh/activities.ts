import type { RunError } from '../../schema/ledger/runs.ts';
import type { ProductId, RunId } from '../../schema/ids.ts';
import type { Stage } from '../../schema/run.ts';
import type { BackfillRef, RunRef, SliceRef } from '../names.ts';

/** What a stage counted. Rows never travel: they go from source to Postgres. */
export type StageDetail = Readonly<Record<string, number | string>>;

/** The stages, on the queue of the product's domain. Each may be called again after it was done: it answers the same. */
export type StageActivities = Readonly<Record<Stage, (run: RunRef) => Promise<StageDetail>>>;

/** The reading of a backfill, on the same queue. */
export interface SliceActivities {
  /** Reads a slice, once: called again it answers. */
  readSlice(slice: SliceRef): Promise<StageDetail>;
}

/** When a product is late unless new data comes (RFC 3339; null where only new data changes anything), and what is not kept now. */
export interface SloDue {
  readonly dueAt: string | null;
  readonly late: readonly { readonly property: string; readonly since: string }[];
}

/** Small work of the platform's own, on the queue of the workflows. */
export interface PlatformActivities {
  /** Starts the run in the ledger and pins its inputs; fails for a retry while an input's own first run is under way. */
  pinInputs(run: RunRef): Promise<StageDetail>;
  /** Records why the run failed, and clears away what it made. */
  failRun(run: RunRef, error: RunError): Promise<void>;
  /** Records that the run was called off, and clears away what it made. */
  abandonRun(run: RunRef): Promise<void>;
  /** Asks for a run because the schedule fired, as of its own time (RFC 3339); true where there is one because of that. */
  requestScheduledRun(product: ProductId, run: RunId, scheduledFor: string | null): Promise<boolean>;
  /** The first slices of a backfill that are not read yet; none where all are. */
  unreadSlices(backfill: BackfillRef): Promise<SliceRef[]>;
  /** Asks for the run that merges them; fails for a retry while another run of the product is under way. */
  mergeSlices(backfill: BackfillRef): Promise<void>;
  /** Records why a backfill was not read to its end; null where it was called off. */
  endReading(backfill: BackfillRef, error: RunError | null): Promise<void>;
  /** Holds a product against its promises; null where its timer has nothing more to tell. */
  judgeSlos(product: ProductId): Promise<SloDue | null>;
  /** Tells the next level of an alert where it is time; in how many milliseconds to ask again, null for never. */
  escalateAlert(alert: string): Promise<number | null>;
}
