import type { RunId } from '../ids.ts';
import type { Queryable, Transaction } from './connect.ts';
import { emit } from './events.ts';
import type { RunRow } from './runs.ts';

/** The live version, where a run would make the same again as long as its sources are as they were. */
export interface SameAgain {
  readonly version: number;
  readonly runId: RunId;
  /** What the sources said of their state when it was made, by their objects' views; none of those that said nothing. */
  readonly sourceStates: Readonly<Record<string, string>>;
}

/**
 * Null where a run may make something else, whatever its sources are: it has another revision, other versions of inputs or another
 * release than the live version was made with, or was asked to read all anew, to merge a backfill, or to go on with what another run made.
 */
export async function sameAgain(db: Queryable, run: RunRow): Promise<SameAgain | null> {
  if (run.fullLoad || run.backfillId !== null || run.workspace !== run.id) return null;
  const { rows } = await db.query<SameAgain>(
    `select v.version, v.run_id as "runId", made.source_states as "sourceStates"
       from weft.runs own
       join weft.products p on p.id = own.product_id and p.retired_at is null
       join weft.dataset_versions v on v.product_id = p.id and v.version = p.live_version and v.revision = own.revision
       join weft.runs made on made.id = v.run_id and made.weft_version = own.weft_version
                          and made.input_versions = own.input_versions
      where own.id = $1`,
    [run.id],
  );
  return rows[0] ?? null;
}

/** Records what sources said of their state when they were read. In the transaction of the reading, at its end. */
export async function saveSourceStates(
  trx: Transaction,
  id: RunId,
  states: Readonly<Record<string, string>>,
): Promise<void> {
  if (Object.keys(states).length === 0) return;
  await trx.query('update weft.runs set source_states = source_states || $2 where id = $1', [id, states]);
}

/**
 * Confirms a version: its data is what there is now, and what it keeps is gone on with from where the run has come. Told by an event.
 * False, and nothing done, where another version is live by now. Locks the product's row.
 */
export async function confirmVersion(
  trx: Transaction,
  run: Pick<RunRow, 'id' | 'productId'>,
  { version, runId }: Pick<SameAgain, 'version' | 'runId'>,
): Promise<boolean> {
  const { rows } = await trx.query(
    'select from weft.products where id = $1 and live_version = $2 and retired_at is null for no key update',
    [run.productId, version],
  );
  if (rows.length === 0) return false;
  await trx.query('update weft.dataset_versions set confirmed_at = now() where product_id = $1 and version = $2', [
    run.productId,
    version,
  ]);
  await trx.query(
    `update weft.kept_tables live set watermark = own.watermark
       from weft.kept_tables own
      where own.run_id = $1 and live.run_id = $2 and live.name = own.name and live.shape = own.shape`,
    [run.id, runId],
  );
  await emit(trx, { type: 'dataset.confirmed', subject: run.productId, payload: { version, runId: run.id } });
  return true;
}
