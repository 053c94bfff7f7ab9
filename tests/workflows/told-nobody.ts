import type { AlertDeps } from '../../workflows/notify/alerts.ts';

/** Alerts of which no operator is told. */
export const TOLD_NOBODY: AlertDeps = { operators: [], escalateAfterMs: 1_800_000, runLink: () => null };
