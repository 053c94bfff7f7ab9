import pg from 'pg';
import type { Queryable, Transaction } from './connect.ts';

export type SubgraphKind = 'managed' | 'registered' | 'remote' | 'catalog';

export interface Subgraph {
  /** A domain's id, that of its tables on a server (`sales@warehouse-…`), a remote product's id, or `catalog`. */
  readonly name: string;
  readonly kind: SubgraphKind;
  readonly domainId: string | null;
  readonly productId: string | null;
  readonly sdl: string;
  /** Where a remote one answers. */
  readonly url: string | null;
}

export interface StoredSubgraph extends Subgraph {
  readonly revision: number;
}

export interface StoredSupergraph {
  readonly id: number;
  readonly sdl: string;
  readonly createdAt: Date;
  readonly subgraphs: readonly StoredSubgraph[];
}

/** Bounds of a change of the graph. */
const LIMITS = {
  /** For the head: longer than a publish of a large mesh takes, shorter than a client's patience. */
  waitMs: 15_000,
  /** How long the head may be held, and how long its holder may be silent: composing a large mesh takes seconds. */
  heldMs: 60_000,
  silentMs: 30_000,
} as const;

/** SQLSTATEs of one who waited too long for the head, and of one who held it too long and was ended. */
const TOO_LONG = new Set(['55P03', '25P03', '25P04']);

/**
 * Locks the head until the transaction ends, so that supergraphs come one after the other; its id, or null before the first. Waits are
 * bounded, and so is the transaction from here on: one that hangs is ended, by the server, and holds up nobody for good.
 */
export async function lockHead(
  trx: Transaction,
  limits: Readonly<Record<keyof typeof LIMITS, number>> = LIMITS,
): Promise<number | null> {
  // Before version 17 Postgres has no `transaction_timeout`.
  await trx.query(
    `select set_config(bound.name, bound.ms, true)
       from (values ('lock_timeout', $1::text), ('idle_in_transaction_session_timeout', $2), ('transaction_timeout', $3)) as bound (name, ms)
       join pg_settings known on known.name = bound.name`,
    [limits.waitMs, limits.silentMs, limits.heldMs].map(String),
  );
  const { rows } = await trx.query<{ id: number | null }>(
    'select supergraph_id as id from weft.supergraph_head for update',
  );
  return rows[0]?.id ?? null;
}

/** True where an error says that the head was held too long, by another or by oneself. */
export function isHeadBusy(error: unknown): boolean {
  return error instanceof pg.DatabaseError && TOO_LONG.has(error.code ?? '');
}

/** Id of the served supergraph, or null before the first. */
export async function headId(db: Queryable): Promise<number | null> {
  const { rows } = await db.query<{ id: number | null }>('select supergraph_id as id from weft.supergraph_head');
  return rows[0]?.id ?? null;
}

/** A supergraph's SDL, by its id; null where there is none. */
export async function supergraphSdl(db: Queryable, id: number | null): Promise<string | null> {
  const { rows } = await db.query<{ sdl: string }>('select sdl from weft.supergraphs where id = $1', [id]);
  return rows[0]?.sdl ?? null;
}

/** The supergraph that the head points at, with its subgraphs; null before the first. In a transaction that sees one moment, or under `lockHead`. */
export async function headSupergraph(db: Queryable): Promise<StoredSupergraph | null> {
  const { rows } = await db.query<Omit<StoredSupergraph, 'subgraphs'>>(
    `select s.id, s.sdl, s.created_at as "createdAt"
       from weft.supergraph_head h join weft.supergraphs s on s.id = h.supergraph_id`,
  );
  const head = rows[0];
  return head === undefined ? null : { ...head, subgraphs: await headSubgraphs(db) };
}

/** The subgraphs of the served supergraph, without it; none before the first. */
export async function headSubgraphs(db: Queryable): Promise<StoredSubgraph[]> {
  const { rows } = await db.query<StoredSubgraph>(
    `select g.name, g.revision, g.kind, g.domain_id as "domainId", g.product_id as "productId", g.sdl, g.url
       from weft.supergraph_head h
       join weft.supergraph_subgraphs m on m.supergraph_id = h.supergraph_id
       join weft.subgraphs g using (name, revision) order by g.name`,
  );
  return rows;
}

/** What composition remarked on the served supergraph, as it prints it; none before the first. */
export async function headHints(db: Queryable): Promise<readonly string[]> {
  const { rows } = await db.query<{ hints: string[] }>(
    'select s.hints from weft.supergraph_head h join weft.supergraphs s on s.id = h.supergraph_id',
  );
  return rows[0]?.hints ?? [];
}

/** The revision that a changed subgraph will have. Under `lockHead`. */
export async function nextSubgraphRevision(trx: Transaction, name: string): Promise<number> {
  const { rows } = await trx.query<{ next: number }>(
    'select coalesce(max(revision), 0) + 1 as next from weft.subgraphs where name = $1',
    [name],
  );
  return rows[0]!.next;
}

/** Stores a subgraph that changed. Under `lockHead`. */
export async function addSubgraph(trx: Transaction, next: StoredSubgraph): Promise<void> {
  await trx.query(
    `insert into weft.subgraphs (name, revision, kind, domain_id, product_id, sdl, url)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [next.name, next.revision, next.kind, next.domainId, next.productId, next.sdl, next.url],
  );
}

/** Stores a composed supergraph and moves the head to it; its id. Under `lockHead`. */
export async function moveHead(
  trx: Transaction,
  next: { sdl: string; hints: readonly string[]; cause: string; subgraphs: readonly StoredSubgraph[] },
): Promise<number> {
  const { rows } = await trx.query<{ id: number }>(
    `insert into weft.supergraphs (id, sdl, hints, cause)
     select coalesce(max(id), 0) + 1, $1, $2, $3 from weft.supergraphs returning id`,
    [next.sdl, JSON.stringify(next.hints), next.cause],
  );
  const id = rows[0]!.id;
  await trx.query(
    `insert into weft.supergraph_subgraphs (supergraph_id, name, revision)
     select $1, name, revision from unnest($2::text[], $3::int[]) as member (name, revision)`,
    [id, next.subgraphs.map(({ name }) => name), next.subgraphs.map(({ revision }) => revision)],
  );
  await trx.query('update weft.supergraph_head set supergraph_id = $1', [id]);
  return id;
}
