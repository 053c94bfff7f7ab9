import { runEvent, type RunEventType, type ToldRun, type ToldVersion } from '../contract/exports/run-event.ts';
import type { Exported } from '../contract/exports/open-lineage.ts';
import { replaced } from '../contract/joining.ts';
import { linkMesh } from '../contract/link.ts';
import type { ProductId, RunId } from '../ids.ts';
import type { Stage } from '../run.ts';
import { WEFT_VERSION } from '../weft-version.ts';
import type { Queryable } from './connect.ts';
import { datasetOfRun, datasetVersion, type DatasetVersion } from './datasets.ts';
import { liveProducts, productOf } from './mesh.ts';
import { requireRevision } from './products.ts';
import { qualityOfRuns } from './quality.ts';
import { requireRun, type RunRow, type StageRow, stagesOf } from './runs.ts';

/** What happened in a run that OpenLineage has an event for. */
export interface RunMoment {
  readonly type: RunEventType;
  /** Of RUNNING: the stage that ended. */
  readonly stage: Stage | null;
  readonly at: Date;
}

type Event = Readonly<Record<string, unknown>>;

/** All events of a run so far, in their order, as OpenLineage has them. Refuses with NOT_FOUND. */
export async function runEvents(db: Queryable, id: RunId): Promise<Event[]> {
  const { run, stages, exported, told } = await readRun(db, id);
  return Promise.all(momentsOf(run, stages).map((moment) => eventAt(moment, exported, told)));
}

/** One of them; null where that did not happen. */
export async function runEventOf(
  db: Queryable,
  id: RunId,
  { type, stage }: { readonly type: string; readonly stage: string | null },
): Promise<Event | null> {
  const { run, stages, exported, told } = await readRun(db, id);
  const moment = momentsOf(run, stages).find((one) => one.type === type && one.stage === stage);
  return moment === undefined ? null : eventAt(moment, exported, told);
}

/** A run that was called off before it began has a beginning too: OpenLineage asks for one. */
function momentsOf(run: RunRow, stages: readonly StageRow[]): RunMoment[] {
  const { startedAt, endedAt, phase } = run;
  const begunAt = startedAt ?? endedAt;
  const moments: RunMoment[] = begunAt === null ? [] : [{ type: 'START', stage: null, at: begunAt }];
  for (const { stage, state, endedAt: at, detail } of stages) {
    // The one that published or confirmed ended with the run.
    const isEnd = stage === 'publish' || stage === 'announce' || detail['confirmed'] !== undefined;
    if (state === 'done' && at !== null && !isEnd) moments.push({ type: 'RUNNING', stage, at });
  }
  const END = { succeeded: 'COMPLETE', failed: 'FAIL', cancelled: 'ABORT', queued: null, running: null } as const;
  const type = END[phase];
  return type === null || endedAt === null ? moments : [...moments, { type, stage: null, at: endedAt }];
}

/** The run as it stood then: what came later is not told. */
function eventAt({ type, at }: RunMoment, exported: Omit<Exported, 'publishedAt'>, told: ToldRun): Promise<Event> {
  const isOver = type === 'COMPLETE' || type === 'FAIL' || type === 'ABORT';
  const stages = isOver ? told.stages : told.stages.filter(({ endedAt }) => endedAt !== null && endedAt <= at);
  const isAudited = isOver || stages.some(({ stage }) => stage === 'audit');
  const then: ToldRun = {
    ...told,
    stages,
    quality: isAudited ? told.quality : [],
    made: type === 'COMPLETE' ? told.made : null,
    error: type === 'FAIL' ? told.error : null,
  };
  return runEvent(exported, then, { type, at, weftVersion: WEFT_VERSION });
}

async function readRun(db: Queryable, id: RunId) {
  const run = await requireRun(db, id);
  const product = productOf(await requireRevision(db, run.productId, run.revision));
  const mesh = linkMesh(replaced(await liveProducts(db), [product])).mesh;
  const stages = await stagesOf(db, id);
  const read = new Map<ProductId, DatasetVersion>();
  for (const [input, version] of Object.entries(run.inputVersions)) {
    const found = await datasetVersion(db, input as ProductId, version);
    if (found !== null) read.set(found.productId, found);
  }
  const made = await datasetOfRun(db, id);
  const told: ToldRun = {
    id,
    trigger: run.trigger,
    scheduledFor: run.scheduledFor,
    error: run.error,
    stages,
    quality: await qualityOfRuns(db, [id]),
    parent: run.trigger === 'upstream' ? parentOf([...read.values()]) : null,
    read: new Map([...read].map(([input, version]) => [input, toldVersion(version)])),
    made: made && { ...toldVersion(made), change: changeOf(made) },
  };
  return { run, stages, exported: { product: mesh.products.get(product.id) ?? product, mesh }, told };
}

/** Of several inputs it is the newest that the run waited for. */
function parentOf(read: readonly DatasetVersion[]): ToldRun['parent'] {
  const [newest] = read.toSorted((one, other) => other.publishedAt.getTime() - one.publishedAt.getTime());
  return newest === undefined ? null : { runId: newest.runId, product: newest.productId };
}

function toldVersion({ version, tables }: DatasetVersion): ToldVersion {
  return {
    version,
    rows: Object.fromEntries(Object.entries(tables).map(([object, { rows }]) => [object, rows])),
  };
}

/** What the version did to the data before it; a kept table is neither made nor replaced. */
function changeOf({ version, tables }: DatasetVersion): 'CREATE' | 'OVERWRITE' | null {
  if (version === 1) return 'CREATE';
  return Object.values(tables).some(({ asOf }) => asOf !== undefined) ? null : 'OVERWRITE';
}
