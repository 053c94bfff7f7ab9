import type { Stage } from '../../schema/run.ts';
import type { StageDetail } from './activities.ts';
import { announce } from './announce.ts';
import { audit } from './audit.ts';
import { extract } from './extract.ts';
import { land } from './land.ts';
import { publish } from './publish.ts';
import type { RefreshDeps, StageWork } from './stage.ts';
import { transform } from './transform.ts';

/** What each stage does: for `performStage`. */
export const STAGE_WORK: Readonly<Record<Stage, (deps: RefreshDeps, work: StageWork) => Promise<StageDetail>>> = {
  extract,
  land,
  transform,
  audit,
  publish,
  announce,
};
