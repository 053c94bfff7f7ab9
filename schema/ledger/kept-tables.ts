import type { ProductId, RunId, SqlName } from '../ids.ts';
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

/** A place in a source's log from which on the source keeps it. */
export interface LogPosition {
  readonly productId: ProductId;
  /** That of the run which read up to there: it says where the source is. */
  readonly revision: number;
  readonly name: SqlName;
  readonly watermark: string;
}

/** Longer, and whoever ran the source has taken it away. */
const PATIENCE_DAYS = 30;

/**
 * Those that nobody goes on from: of products that are retired, or whose live version was read otherwise: from another slot, or not by a log at all. None where a run
 * is under way, and none of which nothing was heard for a month.
 */
export async function forsakenPositions(db: Queryable): Promise<LogPosition[]> {
  const { rows } = await db.query<LogPosition>(
    `select distinct on (p.id, split_part(k.watermark, '@', 1))
            p.id as "productId", r.revision, k.name, k.watermark
       from weft.kept_tables k
       join weft.runs r on r.id = k.run_id
       join weft.products p on p.id = r.product_id
      where k.watermark like '%@%'
        and coalesce(p.retired_at, r.ended_at) > now() - make_interval(days => $1)
        and not exists (select from weft.runs o where o.product_id = p.id and o.phase in ('queued', 'running'))
        and (p.retired_at is not null
             or not exists (select from weft.dataset_versions v join weft.kept_tables l on l.run_id = v.run_id
                             where v.product_id = p.id and v.version = p.live_version
                               and split_part(l.watermark, '@', 1) = split_part(k.watermark, '@', 1)))
      order by p.id, split_part(k.watermark, '@', 1), r.requested_at desc`,
    [PATIENCE_DAYS],
  );
  return rows;
}

/** Those that live versions of products go on from. */
export async function livePositions(db: Queryable): Promise<LogPosition[]> {
  const { rows } = await db.query<LogPosition>(
    `select p.id as "productId", r.revision, k.name, k.watermark
       from weft.products p
       join weft.dataset_versions v on v.product_id = p.id and v.version = p.live_version
       join weft.runs r on r.id = v.run_id
       join weft.kept_tables k on k.run_id = r.id
      where k.watermark like '%@%' and p.retired_at is null
      order by p.id, k.name`,
  );
  return rows;
}

/** Records that the source keeps it no more: a run that were to go on from there loads all anew. */
export async function forgetPosition(trx: Transaction, { productId, watermark }: LogPosition): Promise<void> {
  await trx.query(
    `update weft.kept_tables k set watermark = null, shape = 'forgotten'
       from weft.runs r
      where r.id = k.run_id and r.product_id = $1 and split_part(k.watermark, '@', 1) = split_part($2, '@', 1)`,
    [productId, watermark],
  );
}
