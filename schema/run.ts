/** The life of a run. Phases are those of the workflow; the ledger stores the phase, and this table says what may follow. */
export const STAGES = ['extract', 'land', 'transform', 'audit', 'publish', 'announce'] as const;
export type Stage = (typeof STAGES)[number];

export type RunPhase = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
/** How a run that succeeded did so: it made a version, or found the live one to be what there is. */
export type RunOutcome = 'published' | 'confirmed';
export type RunEvent = 'start' | 'succeed' | 'fail' | 'cancel';

/** Every phase, every event; null means refused. */
export const RUN_TABLE = {
  queued: { start: 'running', succeed: null, fail: 'failed', cancel: 'cancelled' },
  running: { start: 'running', succeed: 'succeeded', fail: 'failed', cancel: 'cancelled' },
  succeeded: { start: null, succeed: null, fail: null, cancel: null },
  failed: { start: null, succeed: null, fail: null, cancel: null },
  cancelled: { start: null, succeed: null, fail: null, cancel: null },
} as const satisfies Record<RunPhase, Record<RunEvent, RunPhase | null>>;

/** The phases from which `event` may be taken: what a guarded UPDATE puts in its WHERE. */
export function phasesBefore(event: RunEvent): RunPhase[] {
  return (Object.keys(RUN_TABLE) as RunPhase[]).filter((phase) => RUN_TABLE[phase][event] !== null);
}

/** What started a run. */
export type RunTrigger = 'publish' | 'manual' | 'schedule' | 'upstream' | 'retry' | 'backfill';

/** From 1, before all others, to 5: where runs wait for one another. */
export type RunPriority = 1 | 2 | 3 | 4 | 5;

/** Where nobody said another: what somebody asked for, and may wait for, comes before what comes by itself. */
export const PRIORITIES = {
  manual: 2,
  retry: 2,
  publish: 3,
  schedule: 3,
  upstream: 3,
  backfill: 5,
} as const satisfies Record<RunTrigger, RunPriority>;
