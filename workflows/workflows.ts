import { backfill } from './backfill/workflow.ts';
import { alert } from './notify/alert-workflow.ts';
import { deliver } from './deliver/workflow.ts';
import { refresh } from './refresh/workflow.ts';
import { tick } from './refresh/tick.ts';
import { slo } from './slo/workflow.ts';

// What the workflow bundle is made of: Temporal finds workflows by the names that this file exports.
export { alert, backfill, deliver, refresh, slo, tick };
