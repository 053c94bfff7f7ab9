import type { RunObserver } from '../../workflows/refresh/observer.ts';
import type { AlertDeps } from '../../workflows/notify/alerts.ts';

/** Alerts of which no operator is told. */
export const TOLD_NOBODY: AlertDeps = { operators: [], escalateAfterMs: 1_800_000, runLink: () => null };

/** For runs that nobody watches. */
export const UNOBSERVED: RunObserver = { stageEnded: () => undefined, runEnded: () => undefined };
