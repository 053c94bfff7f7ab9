import type { ProductFile, ProductKind } from '../contract/model.ts';
import { Refusal } from '../errors.ts';
import { domainOf, type ProductId } from '../ids.ts';
import type { Queryable, Transaction } from './connect.ts';
import { currentId } from './former-ids.ts';

export type RevisionState = 'pending' | 'live' | 'superseded' | 'retired';

/** One published state of a product, without its documents. */
export interface RevisionRow {
  readonly productId: ProductId;
  readonly revision: number;
  readonly version: string;
  readonly state: RevisionState;
  readonly digest: string;
  readonly dataDigest: string;
  readonly publishedBy: string;
  readonly publishedAt: Date;
  readonly liveAt: Date | null;
  /** Ids that the product had before, newest first. */
  readonly formerIds: readonly ProductId[];
}

/** A revision with its documents, and the folder that they came from where it is on this machine. */
export interface StoredRevision extends RevisionRow {
  readonly files: readonly ProductFile[];
  readonly folder: string | null;
}

export interface ProductRow {
  readonly id: ProductId;
  readonly kind: ProductKind;
  readonly liveRevision: number | null;
  /** The dataset version that readers see; null before the first. */
  readonly liveVersion: number | null;
  readonly retiredAt: Date | null;
  /** Of a retired one: until when its data is kept; null for good. */
  readonly dataUntil: Date | null;
}

/** The columns of a revision, of `weft.product_revisions r`. */
export const REVISION = `r.product_id as "productId", r.revision, r.version, r.state, r.digest, r.data_digest as "dataDigest",
  r.published_by as "publishedBy", r.published_at as "publishedAt", r.live_at as "liveAt",
  array(select f.former_id from weft.former_product_ids f where f.product_id = r.product_id order by f.renamed_at desc) as "formerIds"`;
const STORED = `${REVISION}, r.files, r.folder`;
const PRODUCT = `p.id, p.kind, p.live_revision as "liveRevision", p.live_version as "liveVersion", p.retired_at as "retiredAt",
  p.data_until as "dataUntil"`;

/** Every product ever published, by id. */
export async function allProducts(db: Queryable): Promise<ProductRow[]> {
  const { rows } = await db.query<ProductRow>(`select ${PRODUCT} from weft.products p order by p.id`);
  return rows;
}

/** The product, or null. */
export async function product(db: Queryable, id: ProductId): Promise<ProductRow | null> {
  const { rows } = await db.query<ProductRow>(`select ${PRODUCT} from weft.products p where p.id = $1`, [id]);
  return rows[0] ?? null;
}

/** The product, or refuses with NOT_FOUND. */
export async function requireProduct(db: Queryable, id: ProductId): Promise<ProductRow> {
  const found = await product(db, id);
  if (found !== null) return found;
  const now = await currentId(db, id);
  throw new Refusal(
    'NOT_FOUND',
    now === null ? `There is no product ${id}; \`weft products\` lists them.` : `${id} was renamed: it is ${now} now.`,
  );
}

/** The product, locked until the transaction ends: no run of it is asked for meanwhile. Null where there is none. */
export async function lockProduct(trx: Transaction, id: ProductId): Promise<ProductRow | null> {
  const { rows } = await trx.query<ProductRow>(`select ${PRODUCT} from weft.products p where p.id = $1 for update`, [
    id,
  ]);
  return rows[0] ?? null;
}

/** The live revision of every product that is not retired, without documents. */
export function liveRevisions(db: Queryable): Promise<RevisionRow[]> {
  return revisionsIn(db, 'live');
}

/** The revision of every product that waits for its first data, without documents. */
export function pendingRevisions(db: Queryable): Promise<RevisionRow[]> {
  return revisionsIn(db, 'pending');
}

async function revisionsIn(db: Queryable, state: 'live' | 'pending'): Promise<RevisionRow[]> {
  const { rows } = await db.query<RevisionRow>(
    `select ${REVISION} from weft.product_revisions r where r.state = $1 order by r.product_id`,
    [state],
  );
  return rows;
}

/** The documents of some revisions. */
export async function revisionFiles(
  db: Queryable,
  revisions: readonly Pick<RevisionRow, 'productId' | 'revision'>[],
): Promise<Pick<StoredRevision, 'productId' | 'revision' | 'files'>[]> {
  const { rows } = await db.query<Pick<StoredRevision, 'productId' | 'revision' | 'files'>>(
    `select r.product_id as "productId", r.revision, r.files
       from unnest($1::text[], $2::int[]) as wanted (product_id, revision)
       join weft.product_revisions r using (product_id, revision)`,
    [revisions.map(({ productId }) => productId), revisions.map(({ revision }) => revision)],
  );
  return rows;
}

/** The documents of the live revisions of several products. */
export async function liveFiles(
  db: Queryable,
  ids: readonly ProductId[],
): Promise<(ProductFile & { readonly productId: ProductId })[]> {
  const { rows } = await db.query<ProductFile & { productId: ProductId }>(
    `select r.product_id as "productId", file.path, file.text
       from weft.product_revisions r
      cross join lateral jsonb_to_recordset(r.files) as file (path text, text text)
      where r.product_id = any($1) and r.state = 'live' order by file.path`,
    [ids],
  );
  return rows;
}

/** The revision in that state, or null: at most one is live and at most one pending. */
export async function revisionIn(
  db: Queryable,
  id: ProductId,
  state: 'live' | 'pending',
): Promise<StoredRevision | null> {
  const { rows } = await db.query<StoredRevision>(
    `select ${STORED} from weft.product_revisions r where r.product_id = $1 and r.state = $2`,
    [id, state],
  );
  return rows[0] ?? null;
}

/** One revision with documents, or refuses with NOT_FOUND. */
export async function requireRevision(db: Queryable, id: ProductId, revision: number): Promise<StoredRevision> {
  const { rows } = await db.query<StoredRevision>(
    `select ${STORED} from weft.product_revisions r where r.product_id = $1 and r.revision = $2`,
    [id, revision],
  );
  const found = rows[0];
  if (found === undefined) throw new Refusal('NOT_FOUND', `Product ${id} has no revision ${revision}.`);
  return found;
}

/** The live revision with documents, else the newest; refuses with NOT_FOUND. */
export async function liveOrNewestRevision(db: Queryable, id: ProductId): Promise<StoredRevision> {
  const { rows } = await db.query<StoredRevision>(
    `select ${STORED} from weft.product_revisions r
      where r.product_id = $1 order by r.state = 'live' desc, r.revision desc limit 1`,
    [id],
  );
  const found = rows[0];
  if (found === undefined) throw new Refusal('NOT_FOUND', `Product ${id} has no revision.`);
  return found;
}

/** Where a product stands, in what a publish compares itself with. */
export interface NewestRevision {
  readonly productId: ProductId;
  /** Of the newest revision, pending or live. */
  readonly revision: number;
  readonly digest: string;
  readonly dataDigest: string;
  /** Where its folder lies on this machine; null where it was sent from elsewhere. */
  readonly folder: string | null;
  readonly liveDataDigest: string | null;
  readonly liveVersion: number | null;
}

/** Every product that is not retired, by id. */
export async function newestRevisions(db: Queryable): Promise<Map<ProductId, NewestRevision>> {
  const { rows } = await db.query<NewestRevision>(
    `select distinct on (p.id) p.id as "productId", r.revision, r.digest, r.data_digest as "dataDigest", r.folder, p.live_version as "liveVersion",
            (select l.data_digest from weft.product_revisions l where l.product_id = p.id and l.state = 'live') as "liveDataDigest"
       from weft.products p
       join weft.product_revisions r on r.product_id = p.id and r.state in ('pending', 'live')
      order by p.id, r.revision desc`,
  );
  return new Map(rows.map((row) => [row.productId, row]));
}

export interface NewRevision {
  readonly productId: ProductId;
  readonly kind: ProductKind;
  readonly version: string;
  readonly state: 'pending' | 'live';
  readonly files: readonly ProductFile[];
  readonly folder: string | null;
  readonly digest: string;
  readonly dataDigest: string;
  readonly publishedBy: string;
}

/** Stores a revision, and makes domain and product where they are new; a live one replaces the live one, a pending one the pending. */
export async function addRevision(trx: Transaction, next: NewRevision): Promise<number> {
  await trx.query('insert into weft.domains (id) values ($1) on conflict do nothing', [domainOf(next.productId)]);
  await trx.query(
    // Back from retirement in another shape, the product begins anew: its old tables do not fit.
    `insert into weft.products (id, domain_id, kind) values ($1, $2, $3)
     on conflict (id) do update set kind = excluded.kind, retired_at = null, data_until = null,
       live_version = case
         when products.retired_at is null or exists (
           select from weft.dataset_versions v
             join weft.product_revisions r on r.product_id = v.product_id and r.revision = v.revision
            where v.product_id = products.id and v.version = products.live_version and r.data_digest = $4)
         then products.live_version end`,
    [next.productId, domainOf(next.productId), next.kind, next.dataDigest],
  );
  await supersede(trx, next.productId, next.state === 'live' ? ['pending', 'live'] : ['pending']);
  const { rows } = await trx.query<{ revision: number }>(
    `insert into weft.product_revisions
       (product_id, revision, version, state, files, folder, digest, data_digest, published_by, live_at)
     select $1, coalesce(max(revision), 0) + 1, $2, $3, $4, $5, $6, $7, $8, case when $3 = 'live' then now() end
       from weft.product_revisions where product_id = $1
     returning revision`,
    [
      next.productId,
      next.version,
      next.state,
      JSON.stringify(next.files),
      next.folder,
      next.digest,
      next.dataDigest,
      next.publishedBy,
    ],
  );
  const revision = rows[0]!.revision;
  if (next.state === 'live')
    await trx.query('update weft.products set live_revision = $2 where id = $1', [next.productId, revision]);
  return revision;
}

/** The folder of a revision lies elsewhere by now. */
export async function moveFolder(trx: Transaction, id: ProductId, revision: number, folder: string): Promise<void> {
  await trx.query('update weft.product_revisions set folder = $3 where product_id = $1 and revision = $2', [
    id,
    revision,
    folder,
  ]);
}

/** A pending revision becomes the live one: called once its data is there, and what it refers to is live. */
export async function makeLive(trx: Transaction, id: ProductId, revision: number): Promise<void> {
  await supersede(trx, id, ['live']);
  await trx.query(
    `update weft.product_revisions set state = 'live', live_at = now() where product_id = $1 and revision = $2`,
    [id, revision],
  );
  await trx.query('update weft.products set live_revision = $2 where id = $1', [id, revision]);
}

/** Takes the product out of the graph; its history stays, and its data for as long as is said, or for good. */
export async function markRetired(
  trx: Transaction,
  id: ProductId,
  { keptForSeconds }: { keptForSeconds: number | null } = { keptForSeconds: null },
): Promise<void> {
  await trx.query(
    `update weft.product_revisions set state = 'retired', ended_at = now() where product_id = $1 and state in ('live', 'pending')`,
    [id],
  );
  await trx.query(
    `update weft.products
        set live_revision = null, retired_at = now(), retire_at = null, retire_announced_by = null, data_until = now() + make_interval(secs => $2::double precision)
      where id = $1`,
    [id, keptForSeconds],
  );
  // One that comes back begins anew.
  await trx.query('delete from weft.pauses where product_id = $1', [id]);
}

async function supersede(trx: Transaction, id: ProductId, states: RevisionState[]): Promise<void> {
  await trx.query(
    `update weft.product_revisions set state = 'superseded', ended_at = now() where product_id = $1 and state = any($2)`,
    [id, states],
  );
}

/** Two digests that change when any product's live revision, or the dataset version that readers see, does. */
export async function liveDigests(db: Queryable): Promise<{ revisions: string; versions: string }> {
  const { rows } = await db.query<{ revisions: string; versions: string }>(
    `select coalesce(md5(string_agg(id || ' ' || live_revision, ',' order by id)), '') as revisions,
            coalesce(md5(string_agg(id || ' ' || live_version || ' ' || coalesce(v.confirmed_at::text, ''), ',' order by id)), '')
              as versions
       from weft.products p
       left join weft.dataset_versions v on v.product_id = p.id and v.version = p.live_version
      where retired_at is null`,
  );
  return rows[0]!;
}
