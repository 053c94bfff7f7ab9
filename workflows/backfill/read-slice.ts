import { quoted } from '../../schema/ids.ts';
import { beginSlice, endSlice, holdReading, isRead, requireBackfill } from '../../schema/ledger/backfills.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import type { SliceRef } from '../names.ts';
import type { StageDetail } from '../refresh/activities.ts';
import { landingIn, readLanding } from '../refresh/land.ts';
import { slicedLandings } from '../refresh/land-slices.ts';
import { createLandingTable } from '../refresh/landing-table.ts';
import { sliceSince } from '../refresh/landing-since.ts';
import { createRejects } from '../refresh/rejects.ts';
import { RunUnderWay } from '../refresh/scheduled.ts';
import { fence, type RefreshDeps, withConnection } from '../refresh/stage.ts';
import { summed } from '../refresh/summed.ts';

/**
 * Reads one slice of a backfill into the backfill's own schema: rows and the record that it is read are one transaction. Called again it
 * reads nothing twice. Refuses as the land stage of a run does. Throws RunUnderWay where the backfill was stopped: it is about to be
 * called off, and a failure would come before that.
 */
export async function readSlice(deps: RefreshDeps, ref: SliceRef, signal: AbortSignal): Promise<StageDetail> {
  const { sliceId, backfillId } = ref;
  const over = (): RunUnderWay =>
    new RunUnderWay(`Slice ${ref.nth} of backfill ${backfillId} is to be read no more, or by another.`);
  const slice = await beginSlice(deps.pool, sliceId);
  if (slice === null && (await isRead(deps.pool, sliceId))) return {};
  if (slice === null) throw over();
  await fence(deps.pool, sliceId);
  const place = await slicedLandings(deps.pool, await requireBackfill(deps.pool, backfillId));
  return withConnection(
    deps,
    { url: deps.databaseUrl, runId: sliceId, attempt: `slice ${slice.attempts}`, signal },
    async (client) => {
      // Several slices begin at once, and the first makes the tables for all.
      await transaction(client, async (trx) => {
        if (!(await holdReading(trx, backfillId))) throw over();
        await trx.query(`create schema if not exists ${quoted(place.schema)}`);
        await createRejects(client, place);
        for (const landing of place.landings)
          await trx.query(createLandingTable(place.schema, landing, { sliced: true }));
      });
      return landingIn(deps, { plan: place, client, signal }, async (trx, db, nulsExpected) => {
        const details: StageDetail[] = [];
        for (const landing of place.landings) {
          const since = await sliceSince(trx, landing, slice);
          const at = { db, since, nulsExpected, slice: slice.nth };
          details.push(
            await readLanding(deps, { plan: place, client, signal }, landing, at, (_read, counted) =>
              Promise.resolve(counted),
            ),
          );
        }
        const counts = summed(details);
        if (!(await endSlice(trx, slice, counts))) throw over();
        return counts;
      });
    },
  );
}
