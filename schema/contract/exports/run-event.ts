import type { ProductId, RunId } from '../../ids.ts';
import type { QualityRule } from '../model.ts';
import { type Exported, type JobLineage, jobLineage, jobName } from './open-lineage.ts';
import { eventBase, facet, PRODUCER } from './open-lineage-facet.ts';

/** The states of a run that OpenLineage has words for. */
export type RunEventType = 'START' | 'RUNNING' | 'COMPLETE' | 'FAIL' | 'ABORT';

/** What is told of a run, as it stood at a moment. */
export interface ToldRun {
  readonly id: RunId;
  readonly trigger: string;
  readonly scheduledFor: Date | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly stages: readonly ToldStage[];
  /** What the audit found; none before it. */
  readonly quality: readonly ToldResult[];
  /** The run that made the data because of which this one was asked for. */
  readonly parent: { readonly runId: RunId; readonly product: ProductId } | null;
  /** Of products, the version that was read and its rows by object. */
  readonly read: ReadonlyMap<ProductId, ToldVersion>;
  readonly made: (ToldVersion & { readonly change: 'CREATE' | 'OVERWRITE' | null }) | null;
}

export interface ToldVersion {
  readonly version: number;
  readonly rows: Readonly<Record<string, number>>;
}

export interface ToldStage {
  readonly stage: string;
  readonly state: string;
  readonly attempt: number;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly detail: Readonly<Record<string, number | string>>;
}

export interface ToldResult {
  readonly rule: string;
  readonly object: string;
  readonly property: string | null;
  readonly severity: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly measured: string | null;
  readonly expected: string | null;
  readonly description: string | null;
}

type Facets = Record<string, unknown>;

/** One OpenLineage RunEvent: the job as the product's export has it, with what this run is, read, found and made. `weftVersion` is told as the engine's. */
export async function runEvent(
  { product, mesh }: Omit<Exported, 'publishedAt'>,
  run: ToldRun,
  { type, at, weftVersion }: { readonly type: RunEventType; readonly at: Date; readonly weftVersion: string },
): Promise<Readonly<Record<string, unknown>>> {
  const { job, inputs, outputs } = await jobLineage({ product, mesh });
  return {
    ...eventBase('RunEvent', at),
    eventType: type,
    run: { runId: run.id, facets: runFacets(run, weftVersion) },
    job,
    inputs: inputs.map((input) => readDataset(input, run)),
    outputs: outputs.map((output) => madeDataset(output, run)),
  };
}

function runFacets(run: ToldRun, weftVersion: string): Facets {
  const { scheduledFor, parent, error, stages } = run;
  return {
    processing_engine: facet(
      'ProcessingEngine',
      '1-1-1',
      { name: 'weft', version: weftVersion, openlineageAdapterVersion: weftVersion },
      'Run',
    ),
    ...(scheduledFor !== null && {
      nominalTime: facet('NominalTime', '1-0-1', { nominalStartTime: scheduledFor.toISOString() }, 'Run'),
    }),
    ...(parent !== null && {
      parent: facet('Parent', '1-2-0', { run: { runId: parent.runId }, job: jobName(parent.product) }, 'Run'),
    }),
    // A run's error is a refusal's own words, which say no secret.
    ...(error !== null && {
      errorMessage: facet(
        'ErrorMessage',
        '1-0-1',
        { message: `${error.code}: ${error.message}`, programmingLanguage: 'TypeScript' },
        'Run',
      ),
    }),
    weft_run: {
      _producer: PRODUCER,
      _schemaURL: 'urn:weft:facet:run:1',
      trigger: run.trigger,
      stages: stages.map(({ startedAt, endedAt, ...stage }) => ({
        ...stage,
        startedAt: startedAt.toISOString(),
        endedAt: endedAt?.toISOString() ?? null,
      })),
    },
  };
}

function readDataset({ product, object, dataset }: JobLineage['inputs'][number], { read }: ToldRun) {
  const version = product === null ? undefined : read.get(product);
  if (version === undefined) return dataset;
  const rowCount = version.rows[object];
  return {
    ...dataset,
    facets: { ...dataset.facets, version: versionFacet(version) },
    ...(rowCount !== undefined && {
      inputFacets: { inputStatistics: facet('InputStatistics', '1-0-0', { rowCount }, 'InputDataset') },
    }),
  };
}

function madeDataset({ object, dataset }: JobLineage['outputs'][number], { made, quality }: ToldRun) {
  const results = quality.filter((result) => result.object === object.name);
  const rowCount = made?.rows[object.name];
  const facets = {
    ...dataset.facets,
    ...qualityFacets(results, object.quality, rowCount),
    ...(made !== null && { version: versionFacet(made) }),
    ...(made !== null &&
      made.change !== null && {
        lifecycleStateChange: facet('LifecycleStateChange', '1-0-1', { lifecycleStateChange: made.change }),
      }),
  };
  if (rowCount === undefined) return { ...dataset, facets };
  const outputStatistics = facet('OutputStatistics', '1-0-2', { rowCount }, 'OutputDataset');
  return { ...dataset, facets, outputFacets: { outputStatistics } };
}

function versionFacet({ version }: ToldVersion) {
  return facet('DatasetVersion', '1-0-1', { datasetVersion: String(version) });
}

/** What rules were held and what they found; and of those that count rows of a column, the counts. */
function qualityFacets(results: readonly ToldResult[], rules: readonly QualityRule[], rowCount?: number): Facets {
  const checked = results.filter(({ outcome }) => outcome !== 'skipped');
  if (checked.length === 0) return {};
  const ruleOf = new Map(rules.map((rule) => [rule.id, rule]));
  const assertions = checked.map(({ rule, property, severity, outcome, measured, expected, description }) => ({
    assertion: ruleOf.get(rule)?.metric ?? ruleOf.get(rule)?.type ?? 'validValues',
    name: rule,
    success: outcome === 'passed',
    severity: severity === 'error' ? 'error' : 'warn',
    ...(property !== null && { column: property }),
    ...(expected !== null && { expected }),
    ...(measured !== null && { actual: measured }),
    ...(description !== null && { description }),
  }));
  const nulls = checked.flatMap(({ rule, property, measured }): [string, { nullCount: number }][] => {
    const { metric, unit } = ruleOf.get(rule) ?? {};
    const nullCount = Number(measured);
    const isCount = metric === 'nullValues' && unit === 'rows' && measured !== null && Number.isInteger(nullCount);
    return isCount && property !== null ? [[property, { nullCount }]] : [];
  });
  return {
    dataQualityAssertions: facet('DataQualityAssertions', '1-1-0', { assertions }),
    ...((nulls.length > 0 || rowCount !== undefined) && {
      dataQualityMetrics: facet('DataQualityMetrics', '1-0-0', {
        ...(rowCount !== undefined && { rowCount }),
        columnMetrics: Object.fromEntries(nulls),
      }),
    }),
  };
}
