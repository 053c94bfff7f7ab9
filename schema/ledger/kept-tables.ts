import type { RunId, SqlName } from '../ids.ts';
import type { Queryable, Transaction } from './connect.ts';

/** A kept table as a run left it: see `keptTable` in schema/contract/kept-table.ts. */
export interface KeptTableRow {
  /** The source's object, as transform.sql sees it. */
  readonly name: SqlName;
  readonly schema: SqlName;
  readonly table: SqlName;
  /** The dataset version whose rows it has after the run. */
  readonly version: number;
  /** The version that these were made from; null where all was loaded anew. */
  readonly baseVersion: number | null;
  /** The highest that was seen, as Postgres writes it. */
  readonly watermark: string | null;
  readonly shape: string;
}

const KEPT = `name, schema_name as "schema", table_name as "table", version, base_version as "baseVersion", watermark, shape`;

/** What a run's landing left; empty before it, and where nothing is kept. */
export function keptTables(db: Queryable, run: RunId): Promise<KeptTableRow[]> {
  return keptTablesOf(db, [run]);
}

/** The same of several runs. */
export async function keptTablesOf(db: Queryable, runs: readonly RunId[]): Promise<KeptTableRow[]> {
  const { rows } = await db.query<KeptTableRow>(
    `select ${KEPT} from weft.kept_tables where run_id = any($1) order by name`,
    [runs],
  );
  return rows;
}

/** Records what a run left a table as. In the transaction of the landing. */
export async function saveKeptTable(trx: Transaction, run: RunId, kept: KeptTableRow): Promise<void> {
  await trx.query(
    `insert into weft.kept_tables (run_id, name, schema_name, table_name, version, base_version, watermark, shape)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [run, kept.name, kept.schema, kept.table, kept.version, kept.baseVersion, kept.watermark, kept.shape],
  );
}

/** A table that a run made has been published: it lies elsewhere now, and may have another name. */
export async function moveKeptTable(
  trx: Transaction,
  run: RunId,
  { name, schema, table }: Pick<KeptTableRow, 'name' | 'schema' | 'table'>,
): Promise<void> {
  await trx.query('update weft.kept_tables set schema_name = $3, table_name = $4 where run_id = $1 and name = $2', [
    run,
    name,
    schema,
    table,
  ]);
}
