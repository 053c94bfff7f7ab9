import DataLoader from 'dataloader';
import type { ProductFile } from '../../schema/contract/model.ts';
import type { Finding } from '../../schema/findings.ts';
import type { DomainId, ProductId, RunId } from '../../schema/ids.ts';
import { alertHistory, type AlertRow } from '../../schema/ledger/alerts.ts';
import { announcedRetirements } from '../../schema/ledger/announced-retirements.ts';
import type { Queryable } from '../../schema/ledger/connect.ts';
import { type DatasetVersion, datasetHistories } from '../../schema/ledger/datasets.ts';
import { deliveriesOf, type Delivery } from '../../schema/ledger/destinations.ts';
import { type PastRevision, revisionHistories } from '../../schema/ledger/history.ts';
import { type Hold, holdsOf, type Pause, pausesOf } from '../../schema/ledger/pauses.ts';
import { liveFiles } from '../../schema/ledger/products.ts';
import { type QualityResult, qualityOfRuns } from '../../schema/ledger/quality.ts';
import { standingSubscriptions, type Subscription } from '../../schema/ledger/subscriptions.ts';
import { newestRuns, type RunRow, runsById, type StageRow, stagesOfRuns } from '../../schema/ledger/runs.ts';

import { type MeasuredStep, measuredSteps, type SloRow, sloRows } from '../../schema/ledger/slo-standings.ts';
import type { Objective } from '../../schema/contract/model.ts';
import type { PolicyException } from '../../schema/policies/exception.ts';

/** What the policies find in a product, and what is lifted. */
export interface Standing {
  readonly findings: readonly Finding[];
  readonly exceptions: readonly PolicyException[];
}

/** Of a page of products: each has three at most. */
const ALERTS_MAX = 3_000;

/** What resolvers read from the ledger by id, gathered to one statement for each kind; for one operation. */
export interface Loaders {
  readonly revisions: DataLoader<ProductId, readonly PastRevision[]>;
  /** The documents of the live revision. */
  readonly files: DataLoader<ProductId, readonly ProductFile[]>;
  readonly datasets: DataLoader<ProductId, readonly DatasetVersion[]>;
  readonly deliveries: DataLoader<ProductId, readonly Delivery[]>;
  readonly pause: DataLoader<ProductId, Pause | null>;
  readonly hold: DataLoader<DomainId, Hold | null>;
  readonly subscriptions: DataLoader<ProductId, readonly Subscription[]>;
  readonly run: DataLoader<RunId, RunRow | null>;
  readonly stages: DataLoader<RunId, readonly StageRow[]>;
  readonly quality: DataLoader<RunId, readonly QualityResult[]>;
  /** When a product is to be retired; null where nothing is announced. */
  readonly retiresAt: DataLoader<ProductId, Date | null>;
  /** How a live product stands by the policies; null where it is not live. */
  readonly standing: DataLoader<ProductId, Standing | null>;
  /** What is wrong with a product now. */
  readonly alerts: DataLoader<ProductId, readonly AlertRow[]>;
  /** Promises that are measured. */
  readonly slos: DataLoader<ProductId, readonly SloRow[]>;
  /** What was measured of one in the last hours, in steps of so many. */
  measured(
    objective: Pick<Objective, 'measure' | 'property'>,
    span: { readonly hours: number; readonly stepHours: number },
  ): DataLoader<ProductId, readonly MeasuredStep[]>;
  /** By limit, since a product's list may be asked for twice under aliases. */
  runs(limit: number): DataLoader<ProductId, readonly RunRow[]>;
}

/** Fresh loaders: they cache, so that they must not outlive the operation. */
export function openLoaders(
  ledger: Queryable,
  standing: (ids: readonly ProductId[]) => Promise<readonly (Standing | null)[]>,
): Loaders {
  const runs = new Map<number, DataLoader<ProductId, readonly RunRow[]>>();
  const measured = new Map<string, DataLoader<ProductId, readonly MeasuredStep[]>>();
  return {
    revisions: grouped(
      (ids) => revisionHistories(ledger, ids),
      ({ productId }) => productId,
    ),
    files: grouped(
      (ids) => liveFiles(ledger, ids),
      ({ productId }) => productId,
    ),
    datasets: grouped(
      (ids) => datasetHistories(ledger, ids),
      ({ productId }) => productId,
    ),
    subscriptions: grouped(
      (ids) => standingSubscriptions(ledger, { productIds: ids }),
      ({ productId }) => productId,
    ),
    deliveries: grouped(
      (ids) => deliveriesOf(ledger, ids),
      ({ productId }) => productId,
    ),
    pause: single(
      (ids) => pausesOf(ledger, ids),
      ({ productId }) => productId,
    ),
    hold: single(
      (ids) => holdsOf(ledger, ids),
      ({ domainId }) => domainId,
    ),
    run: single(
      (ids) => runsById(ledger, ids),
      ({ id }) => id,
    ),
    stages: grouped(
      (ids) => stagesOfRuns(ledger, ids),
      ({ runId }) => runId,
    ),
    retiresAt: new DataLoader(async (ids) => {
      const announced = new Map((await announcedRetirements(ledger)).map(({ productId, at }) => [productId, at]));
      return ids.map((id) => announced.get(id) ?? null);
    }),
    standing: new DataLoader(standing),
    quality: grouped(
      (ids) => qualityOfRuns(ledger, ids),
      ({ runId }) => runId,
    ),
    alerts: grouped(
      (ids) => alertHistory(ledger, { products: ids, ended: false, limit: ALERTS_MAX, before: null }),
      ({ productId }) => productId,
    ),
    slos: grouped(
      (ids) => sloRows(ledger, ids),
      ({ productId }) => productId,
    ),
    measured: ({ measure, property }, span) => {
      const key = [measure, property, span.hours, span.stepHours].join(' ');
      const loader =
        measured.get(key) ??
        grouped(
          (ids: readonly ProductId[]) => measuredSteps(ledger, measure, { ids, property, ...span }),
          ({ productId }) => productId,
        );
      measured.set(key, loader);
      return loader;
    },
    runs: (limit) => {
      const loader =
        runs.get(limit) ??
        grouped(
          (ids: readonly ProductId[]) => newestRuns(ledger, ids, limit),
          ({ productId }) => productId,
        );
      runs.set(limit, loader);
      return loader;
    },
  };
}

/** One row for each id, or null. */
function single<Id extends string, Row>(
  load: (ids: readonly Id[]) => Promise<readonly Row[]>,
  idOf: (row: Row) => Id,
): DataLoader<Id, Row | null> {
  return new DataLoader(async (ids) => {
    const byId = new Map((await load(ids)).map((row) => [idOf(row), row]));
    return ids.map((id) => byId.get(id) ?? null);
  });
}

function grouped<Id extends string, Row>(
  load: (ids: readonly Id[]) => Promise<readonly Row[]>,
  idOf: (row: Row) => Id,
): DataLoader<Id, readonly Row[]> {
  return new DataLoader(async (ids) => {
    const rows = await load(ids);
    const byId = new Map<Id, Row[]>(ids.map((id) => [id, []]));
    for (const row of rows) byId.get(idOf(row))?.push(row);
    return ids.map((id) => byId.get(id) ?? []);
  });
}
