import { rowsAsOf } from '../contract/kept-table.ts';
import { domainOf, type ProductId, quoted, type RunId, type SqlName } from '../ids.ts';
import type { Queryable, Transaction } from './connect.ts';
import { emit } from './events.ts';
import { domainSchema } from './roles.ts';

/** Where the rows of one object of a version lie. */
export interface DatasetTable {
  readonly table: SqlName;
  /** The schema, where it is that of a domain which the product was handed over from; else its own domain's. */
  readonly schema?: SqlName;
  /** Of a kept table, which has rows of many versions: the version whose rows are meant. */
  readonly asOf?: number;
  readonly rows: number;
}

export interface DatasetVersion {
  readonly productId: ProductId;
  readonly version: number;
  readonly revision: number;
  readonly runId: RunId;
  /** By object name. */
  readonly tables: Readonly<Record<string, DatasetTable>>;
  readonly publishedAt: Date;
  /** When a run last found that there was nothing new; null where none did. */
  readonly confirmedAt: Date | null;
  readonly droppedAt: Date | null;
}

/** A version that readers see, with what an answer says of it. */
export interface LiveDataset extends DatasetVersion {
  /** Ids of rules of severity warning that failed when it was made. */
  readonly failedWarnings: readonly string[];
}

/** When a version's data came, or was last known to be what there is. */
export function arrivedAt({ publishedAt, confirmedAt }: Pick<DatasetVersion, 'publishedAt' | 'confirmedAt'>): Date {
  return confirmedAt !== null && confirmedAt > publishedAt ? confirmedAt : publishedAt;
}

/** The name of such a table of a product, with its schema, as it stands in a statement. */
export function tablePath(id: ProductId, { table, schema }: DatasetTable): string {
  return quoted(schema ?? domainSchema(domainOf(id)), table);
}

/** The rows of one object of a version as a relation, to stand after `from`. */
export function relationOf(id: ProductId, stored: DatasetTable, columns: readonly SqlName[]): string {
  return rowsAsOf(tablePath(id, stored), stored.asOf ?? null, columns);
}

const VERSION = `v.product_id as "productId", v.version, v.revision, v.run_id as "runId", v.tables,
  v.published_at as "publishedAt", v.confirmed_at as "confirmedAt", v.dropped_at as "droppedAt"`;

/** The live version of every product that has data. */
export async function liveDatasets(db: Queryable): Promise<LiveDataset[]> {
  const { rows } = await db.query<LiveDataset>(
    `select ${VERSION},
            array(select rule from weft.quality_results q
                   where q.run_id = v.run_id and q.outcome = 'failed' and q.severity = 'warning' order by rule)
              as "failedWarnings"
       from weft.products p
       join weft.dataset_versions v on v.product_id = p.id and v.version = p.live_version
      where p.retired_at is null`,
  );
  return rows;
}

/** The version that readers of a product see, or null before the first. */
export async function liveDataset(db: Queryable, id: ProductId): Promise<DatasetVersion | null> {
  const { rows } = await db.query<DatasetVersion>(
    `select ${VERSION} from weft.products p
       join weft.dataset_versions v on v.product_id = p.id and v.version = p.live_version
      where p.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** One version, or null. */
export async function datasetVersion(db: Queryable, id: ProductId, version: number): Promise<DatasetVersion | null> {
  const { rows } = await db.query<DatasetVersion>(
    `select ${VERSION} from weft.dataset_versions v where v.product_id = $1 and v.version = $2`,
    [id, version],
  );
  return rows[0] ?? null;
}

/** The version that a run published, or null: how a publish stage whose answer was lost learns that it succeeded. */
export async function datasetOfRun(db: Queryable, runId: RunId): Promise<DatasetVersion | null> {
  const { rows } = await db.query<DatasetVersion>(
    `select ${VERSION} from weft.dataset_versions v where v.run_id = $1`,
    [runId],
  );
  return rows[0] ?? null;
}

/** All versions of a product, newest first, dropped ones too. */
export function datasetHistory(db: Queryable, id: ProductId): Promise<DatasetVersion[]> {
  return datasetHistories(db, [id]);
}

/** All versions of several products, newest first, dropped ones too. */
export async function datasetHistories(db: Queryable, ids: readonly ProductId[]): Promise<DatasetVersion[]> {
  const { rows } = await db.query<DatasetVersion>(
    `select ${VERSION} from weft.dataset_versions v where v.product_id = any($1) order by v.version desc`,
    [ids],
  );
  return rows;
}

/** The number that the product's next version will have. Locks the product's row until the transaction ends. */
export async function nextVersion(trx: Transaction, id: ProductId): Promise<number> {
  await trx.query('select 1 from weft.products where id = $1 for update', [id]);
  return (await newestVersion(trx, id)) + 1;
}

/** The highest number that a version of the product has; 0 before the first. */
export async function newestVersion(db: Queryable, id: ProductId): Promise<number> {
  const { rows } = await db.query<{ newest: number }>(
    'select coalesce(max(version), 0) as newest from weft.dataset_versions where product_id = $1',
    [id],
  );
  return rows[0]!.newest;
}

/** Stores a version and moves the product's pointer to it. Under `nextVersion`. */
export async function addVersion(
  trx: Transaction,
  next: Pick<DatasetVersion, 'productId' | 'version' | 'revision' | 'runId' | 'tables'>,
): Promise<void> {
  await trx.query(
    `insert into weft.dataset_versions (product_id, version, revision, run_id, tables) values ($1, $2, $3, $4, $5)`,
    [next.productId, next.version, next.revision, next.runId, next.tables],
  );
  await trx.query(
    `update weft.dataset_versions set superseded_at = now()
      where product_id = $1 and version <> $2 and superseded_at is null`,
    [next.productId, next.version],
  );
  await trx.query('update weft.products set live_version = $2 where id = $1', [next.productId, next.version]);
  await emit(trx, {
    type: 'dataset.published',
    subject: next.productId,
    payload: { version: next.version, runId: next.runId },
  });
}

/**
 * Versions whose tables may be dropped: not among the newest `keep`, not live, superseded for `graceSeconds`, and pinned by
 * no run under way.
 */
export async function expiredVersions(
  db: Queryable,
  id: ProductId,
  limits: { keep: number; graceSeconds: number },
): Promise<DatasetVersion[]> {
  const { rows } = await db.query<DatasetVersion>(
    `select ${VERSION}
       from weft.dataset_versions v
       join weft.products p on p.id = v.product_id
      where v.product_id = $1 and v.dropped_at is null
        and v.version is distinct from p.live_version
        and v.superseded_at < now() - make_interval(secs => $3)
        and v.version <= (select max(version) - $2 from weft.dataset_versions where product_id = $1)
        and not exists (select from weft.runs r
                         where r.phase in ('queued', 'running') and (r.input_versions ->> v.product_id)::int = v.version)
      order by v.version`,
    [id, limits.keep, limits.graceSeconds],
  );
  return rows;
}

/** Takes a version whose tables are to be dropped in this transaction: until it ends nobody makes it live again. False where somebody did. */
export async function takeSuperseded(trx: Transaction, id: ProductId, version: number): Promise<boolean> {
  const { rows } = await trx.query(
    `select from weft.dataset_versions
      where product_id = $1 and version = $2 and superseded_at is not null and dropped_at is null for update`,
    [id, version],
  );
  return rows.length === 1;
}

/** Records that a version's tables are gone. In the transaction that drops them. */
export async function markDropped(trx: Transaction, id: ProductId, version: number): Promise<void> {
  await trx.query('update weft.dataset_versions set dropped_at = now() where product_id = $1 and version = $2', [
    id,
    version,
  ]);
}
