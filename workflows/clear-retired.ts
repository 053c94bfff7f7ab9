import pg from 'pg';
import type { Logger } from 'pino';
import type { ProductId } from '../schema/ids.ts';
import { type Pool, transaction, type Transaction } from '../schema/ledger/connect.ts';
import { productsBeyondRetention, takeRetiredVersions } from '../schema/ledger/retired-data.ts';
import { dropVersion } from './refresh/drop-version.ts';
import { viewsOver } from './refresh/views-over.ts';

/** A reader, or what people made of a table, stands in its way: it is tried again the next time. */
const IN_THE_WAY = new Set(['55P03', '2BP01', '42501']);

/**
 * Drops the tables and views of retired products whose retention has ended, one transaction each, and records it. A product that was
 * published again keeps its data; what somebody reads or has built on stays until the next time. Answers whose data went.
 */
export async function clearRetired({ pool, log }: { pool: Pool; log: Logger }): Promise<ProductId[]> {
  const cleared: ProductId[] = [];
  for (const id of await productsBeyondRetention(pool))
    try {
      const versions = await transaction(pool, (trx) => dropData(trx, id));
      if (versions === 0) continue;
      cleared.push(id);
      log.info({ product: id, versions }, 'the data of a retired product was dropped: its retention has ended');
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && IN_THE_WAY.has(error.code ?? ''))) throw error;
      log.warn({ product: id, err: error }, 'the data of a retired product stays: something stands in its way');
    }
  return cleared;
}

async function dropData(trx: Transaction, id: ProductId): Promise<number> {
  // A lock that waits holds up new readers too.
  await trx.query("set local lock_timeout = '200ms'");
  const versions = await takeRetiredVersions(trx, id);
  for (const view of await viewsOver(trx, id, versions)) await trx.query(`drop view ${view}`);
  for (const version of versions) await dropVersion(trx, id, version);
  return versions.length;
}
