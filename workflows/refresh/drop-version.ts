import { TO } from '../../schema/contract/kept-table.ts';
import { type ProductId, quoted } from '../../schema/ids.ts';
import type { Transaction } from '../../schema/ledger/connect.ts';
import { datasetHistory, type DatasetVersion, markDropped, tablePath } from '../../schema/ledger/datasets.ts';
import { keptTablesOf } from '../../schema/ledger/kept-tables.ts';

/**
 * Drops the tables of a version and records it. A kept table that other versions have rows in stays, without the rows that none of them
 * has.
 */
export async function dropVersion(trx: Transaction, id: ProductId, version: DatasetVersion): Promise<void> {
  const others = (await datasetHistory(trx, id)).filter(
    (other) => other.droppedAt === null && other.version !== version.version,
  );
  const inUse = await tablesOf(trx, id, others);
  const oldest = Math.min(...others.map((other) => other.version));
  for (const [table, isKept] of await tablesOf(trx, id, [version]))
    if (!inUse.has(table)) await trx.query(`drop table if exists ${table}`);
    else if (isKept) await trx.query(`delete from ${table} where ${TO} <= ${oldest}`);
  await markDropped(trx, id, version.version);
}

/** As they stand in statements; true: a kept one. */
async function tablesOf(
  trx: Transaction,
  id: ProductId,
  versions: readonly DatasetVersion[],
): Promise<Map<string, boolean>> {
  const published = versions.flatMap(({ tables }) =>
    Object.values(tables).map((table) => [tablePath(id, table), table.asOf !== undefined] as const),
  );
  const kept = await keptTablesOf(
    trx,
    versions.map(({ runId }) => runId),
  );
  return new Map([...published, ...kept.map(({ schema, table }) => [quoted(schema, table), true] as const)]);
}
