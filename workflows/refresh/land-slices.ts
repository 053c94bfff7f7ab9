import type pg from 'pg';
import { type BackfillRange, rangeUnit } from '../../schema/backfill-range.ts';
import { FROM, TO } from '../../schema/contract/kept-table.ts';
import { Refusal } from '../../schema/errors.ts';
import { ownName, quoted, type RunId, type SqlName } from '../../schema/ids.ts';
import { type Backfill, requireBackfill, type Slice, slicesOf } from '../../schema/ledger/backfills.ts';
import type { Queryable, Transaction } from '../../schema/ledger/connect.ts';
import { productOf } from '../../schema/ledger/mesh.ts';
import { requireRevision } from '../../schema/ledger/products.ts';
import type { StageDetail } from './activities.ts';
import { type Kept, type Landing, landingsOf, NOTHING_KEPT } from './landing.ts';
import { createLandingTable, SLICE } from './landing-table.ts';
import { merge } from './merge.ts';
import type { LandingPlace, RefreshPlan } from './plan.ts';
import type { RefreshDeps } from './stage.ts';

/** A landing that keeps rows, as slices are merged into it. */
type SlicedLanding = Landing & { readonly kept: Kept };

/** Where the slices of a backfill are read into: the sources of the revision that it was asked for of, those that its range can cut. */
export async function slicedLandings(
  db: Queryable,
  backfill: Pick<Backfill, 'id' | 'productId' | 'revision' | 'schema'> & Pick<BackfillRange, 'unit'>,
): Promise<LandingPlace & { readonly landings: readonly SlicedLanding[] }> {
  const revision = await requireRevision(db, backfill.productId, backfill.revision);
  const product = productOf(revision);
  const id = backfill.id as string as RunId;
  const landings = landingsOf({ id, workspace: id, productId: product.id }, product, NOTHING_KEPT);
  return {
    product,
    revision,
    schema: backfill.schema,
    landings: landings.flatMap((landing) =>
      landing.kept !== null && rangeUnit(landing.object.load) === backfill.unit
        ? [{ ...landing, kept: landing.kept, table: ownName(landing.object.view, 'slices') }]
        : [],
    ),
  };
}

/**
 * Lands what the slices of the run's backfill have of a source, and merges it; null where the run has no backfill, or this source is
 * not read in slices. Refuses with NOT_BACKFILLABLE where the source is read in another shape by now.
 */
export async function landSlices(
  deps: RefreshDeps,
  { plan, client, trx }: { plan: RefreshPlan; client: pg.Client; trx: Transaction },
  landing: Landing,
): Promise<StageDetail | null> {
  const { backfillId } = plan.run;
  const { kept } = landing;
  if (backfillId === null || kept === null) return null;
  const backfill = await requireBackfill(trx, backfillId);
  const sliced = await slicedLandings(trx, backfill);
  const from = sliced.landings.find(({ kept: { name } }) => name === kept.name);
  if (from === undefined && rangeUnit(landing.object.load) !== backfill.unit) return null;
  if (from === undefined || from.kept.shape !== kept.shape)
    throw new Refusal(
      'NOT_BACKFILLABLE',
      `${landing.object.name} was read for backfill ${backfillId} as revision ${backfill.revision} has it, and its columns, key or mode are others now: ask for the backfill again.`,
    );
  await client.query(createLandingTable(plan.schema, landing));
  const slices = await slicesOf(trx, backfillId, 'all');
  const source = { relation: quoted(sliced.schema, from.table), landing, kept };
  let landed = 0;
  for (const [baseVersion, those] of bySeenVersion(slices))
    landed += await takeRows(client, plan, source, { baseVersion, slices: those });
  const merged = await merge(deps, { client, trx, plan }, { landing, kept, rows: {} });
  return { slices: slices.length, rowsLanded: landed, ...merged };
}

/** Takes the rows of slices, but for those that a later version than these were read beside has touched: they are newer as they are. */
async function takeRows(
  client: pg.Client,
  plan: RefreshPlan,
  { relation, landing, kept }: { relation: string; landing: Landing; kept: Kept },
  { baseVersion, slices }: { baseVersion: number; slices: readonly number[] },
): Promise<number> {
  const columns = landing.columns.map(({ column }) => quoted(column)).join(', ');
  const isSame = kept.key.map((column: SqlName) => `k.${quoted(column)} = s.${quoted(column)}`).join(' and ');
  const newer =
    kept.base === null || kept.base.version <= baseVersion
      ? ''
      : ` and not exists (select from ${quoted(kept.schema, kept.table)} k
                           where ${isSame}
                             and (k.${FROM} > ${baseVersion} and k.${FROM} <= ${kept.base.version}
                                  or k.${TO} > ${baseVersion} and k.${TO} <= ${kept.base.version}))`;
  const { rowCount } = await client.query(
    `insert into ${quoted(plan.schema, landing.table)} (${columns})
     select ${columns} from ${relation} s where s.${quoted(SLICE)} = any($1)${newer}`,
    [slices],
  );
  return rowCount ?? 0;
}

function bySeenVersion(slices: readonly Slice[]): Map<number, number[]> {
  const versions = new Map<number, number[]>();
  for (const { nth, baseVersion } of slices) versions.set(baseVersion, [...(versions.get(baseVersion) ?? []), nth]);
  return versions;
}
