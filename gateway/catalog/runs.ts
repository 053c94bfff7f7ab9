import type { RunRow } from '../../schema/ledger/runs.ts';
import { runEvents } from '../../schema/ledger/run-events.ts';
import { Refusal } from '../../schema/errors.ts';
import { type RunId, runId } from '../../schema/ids.ts';
import { workflowUrl } from '../../schema/temporal-ui.ts';
import { parentOf } from '../../schema/telemetry/traceparent.ts';
import { byId } from './products.ts';
import type { QualityResult } from '../../schema/ledger/quality.ts';
import { isOwner } from '../actor.ts';
import type { CatalogContext } from './context.ts';

/** A run by its id alone is read when one of its other fields is asked for. */
type RunSource = RunRow | { readonly id: RunId };

type Column = Exclude<keyof RunRow, 'id' | 'productId' | 'inputVersions' | 'retryOf' | 'workspace' | 'traceparent'>;

const COLUMNS = [
  'revision',
  'trigger',
  'phase',
  'requestedBy',
  'requestedAt',
  'startedAt',
  'endedAt',
  'outcome',
  'datasetVersion',
  'error',
  'priority',
  'scheduledFor',
  'fullLoad',
  'keptUntil',
] as const satisfies readonly Column[];

/** Resolvers of runs. */
export const runs = {
  Run: {
    __resolveReference: ({ id }: { id: string }) => {
      const known = runId(id);
      return known === null ? null : { id: known };
    },
    ...Object.fromEntries(
      COLUMNS.map((column) => [
        column,
        async (source: RunSource, _args: unknown, context: CatalogContext) => (await row(source, context))[column],
      ]),
    ),
    product: async (source: RunSource, _args: unknown, context: CatalogContext) =>
      byId((await row(source, context)).productId, context),
    retryOf: async (source: RunSource, _args: unknown, context: CatalogContext) => {
      const { retryOf } = await row(source, context);
      return retryOf === null ? null : { id: retryOf };
    },
    stages: ({ id }: RunSource, _args: unknown, { loaders }: CatalogContext) => loaders.stages.load(id),
    quality: ({ id }: RunSource, _args: unknown, { loaders }: CatalogContext) => loaders.quality.load(id),
    traceId: async (source: RunSource, _args: unknown, context: CatalogContext) =>
      parentOf((await row(source, context)).traceparent)?.traceId ?? null,
    openLineage: ({ id }: RunSource, _args: unknown, { ledger }: CatalogContext) => runEvents(ledger, id),
    temporalUrl: async (source: RunSource, _args: unknown, context: CatalogContext) => {
      const { temporalUi } = context;
      if (temporalUi === null) return null;
      return workflowUrl(temporalUi, `refresh:${(await row(source, context)).productId}`);
    },
  },
  QualityResult: {
    samples: async (
      { runId: id, samples }: QualityResult & { readonly runId: RunId },
      _args: unknown,
      context: CatalogContext,
    ) => (isOwner(context.actor, (await row({ id }, context)).productId) ? samples : []),
  },
  Stage: { name: ({ stage }: { stage: string }) => stage },
};

/** A run that succeeded is shown as such once its data is served here, so that who saw it reads what it made. */
async function row(source: RunSource, { graph, loaders }: CatalogContext): Promise<RunRow> {
  const run = 'productId' in source ? source : await loaders.run.load(source.id);
  if (run === null) throw new Refusal('NOT_FOUND', `There is no run ${source.id}.`);
  const servedVersion = graph.current().datasets.get(run.productId)?.version ?? 0;
  if (run.datasetVersion !== null && run.datasetVersion > servedVersion) await graph.catchUp();
  return run;
}
