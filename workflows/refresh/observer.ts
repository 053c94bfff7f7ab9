import type { RunRow } from '../../schema/ledger/runs.ts';
import type { Stage } from '../../schema/run.ts';
import type { RunRef } from '../names.ts';
import type { StageDetail } from './activities.ts';

/** How an attempt at a stage ended: `stopped` where it was called off, or its worker ends; `outage` where the database was away. */
export type StageOutcome = 'done' | 'refused' | 'failed' | 'outage' | 'stopped';

export interface StageEnded {
  readonly ref: RunRef;
  /** Null where it failed before that was known. */
  readonly run: RunRow | null;
  readonly stage: Stage;
  readonly attempt: number;
  readonly startedAt: Date;
  readonly outcome: StageOutcome;
  /** What it counted; null where it did not come to its end. */
  readonly detail: StageDetail | null;
  /** A code of `schema/errors.ts`, or INTERNAL; null where it did not fail. */
  readonly code: string | null;
}

export interface RunEnded {
  readonly run: RunRow;
  readonly outcome: 'succeeded' | 'failed' | 'cancelled';
  readonly code: string | null;
}

/** Hears of what stages and runs come to in this process, while it happens: it must not throw, and waits for nobody. */
export interface RunObserver {
  stageEnded(ended: StageEnded): void;
  /** Once for each run: when it is announced, or when its failure or cancellation is recorded. */
  runEnded(ended: RunEnded): void;
}
