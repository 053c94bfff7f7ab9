import type { RunEventType } from '../contract/exports/run-event.ts';
import type { RunId } from '../ids.ts';
import type { Stage } from '../run.ts';
import type { Queryable, Transaction } from './connect.ts';

/** A channel of deliveries, and a destination of it. */
export interface LineageReceiver {
  readonly channel: string;
  readonly destination: string;
}

/** Who is told of runs from now on, and nobody else. */
export async function keepLineageReceivers(trx: Transaction, receivers: readonly LineageReceiver[]): Promise<void> {
  await trx.query('lock table weft.lineage_receivers in exclusive mode');
  await trx.query('delete from weft.lineage_receivers');
  await trx.query(
    `insert into weft.lineage_receivers (channel, destination)
     select * from jsonb_to_recordset($1) as r (channel text, destination text)`,
    [JSON.stringify(receivers)],
  );
}

/**
 * Asks for an event of a run to be told to each receiver, in the transaction of what happened; asked for twice, it is told once. The
 * delivery says which event, and the sender makes it of the ledger.
 */
export async function tellLineage(
  db: Queryable,
  runId: RunId,
  { type, stage = null }: { readonly type: RunEventType; readonly stage?: Stage | null },
): Promise<void> {
  await db.query(
    `insert into weft.deliveries (effect, channel, destination, line, body, give_up_at)
     select concat_ws(':', r.channel, r.destination, $1::text, $2::text, $3::text), r.channel, r.destination, $1,
            jsonb_build_object('runId', $1::text, 'type', $2::text, 'stage', $3::text), now() + interval '1 day'
       from weft.lineage_receivers r
     on conflict (effect) do nothing`,
    [runId, type, stage],
  );
}
