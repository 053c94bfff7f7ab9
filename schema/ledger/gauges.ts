import type { DomainId, ProductId } from '../ids.ts';
import { openPool, type Pool, type Queryable, transaction } from './connect.ts';

/** How the platform stands at one moment, for those who watch it; ages in seconds. */
export interface LedgerGauges {
  /** Runs that wait or are under way. */
  readonly runs: readonly {
    readonly domain: DomainId;
    readonly phase: 'queued' | 'running';
    readonly count: number;
    readonly oldest: number;
  }[];
  /** Products with data, the first thousand by their ids; `late` null where no time is promised. */
  readonly datasets: readonly { readonly product: ProductId; readonly age: number; readonly late: boolean | null }[];
  /** Messages to the outside, and `destination`: versions that are owed to destinations of products. `oldest` null where none waits. */
  readonly deliveries: readonly {
    readonly channel: string;
    readonly waiting: number;
    readonly failed: number;
    readonly oldest: number | null;
  }[];
  /** Events that nobody has acted on. */
  readonly outbox: { readonly waiting: number; readonly oldest: number };
}

/** More would be more than Prometheus wants of one target. */
export const PRODUCTS_MAX = 1_000;
/** Who asks is gone by then. A server that hangs says nothing: that is noticed here. */
const STATEMENT_LIMIT_MS = 5_000;

/** A pool for this alone: who looks takes no connection from those who work. */
export function openGaugesPool(url: string): Pool {
  return openPool(url, { name: 'weft metrics', max: 1, answerWithinMs: STATEMENT_LIMIT_MS });
}

/** Reads them all; each statement ends after 5 s. */
export function readGauges(pool: Pool): Promise<LedgerGauges> {
  return transaction(pool, async (trx) => {
    await trx.query(`set local statement_timeout = ${STATEMENT_LIMIT_MS}`);
    return {
      runs: await openRunsByDomain(trx),
      datasets: await agesOfData(trx),
      deliveries: [...(await messages(trx)), await owedToDestinations(trx)],
      outbox: await outbox(trx),
    };
  });
}

async function openRunsByDomain(db: Queryable): Promise<LedgerGauges['runs']> {
  const { rows } = await db.query<LedgerGauges['runs'][number]>(
    `select p.domain_id as domain, r.phase, count(*)::int as count,
            extract(epoch from now() - min(r.requested_at))::float8 as oldest
       from weft.runs r join weft.products p on p.id = r.product_id
      where r.phase in ('queued', 'running')
      group by p.domain_id, r.phase`,
  );
  return rows;
}

async function agesOfData(db: Queryable): Promise<LedgerGauges['datasets']> {
  const { rows } = await db.query<LedgerGauges['datasets'][number]>(
    `select p.id as product, extract(epoch from now() - greatest(v.published_at, v.confirmed_at))::float8 as age,
            (select bool_or(coalesce(s.due_at <= now(), false)
                            or exists (select from weft.slo_breaches b
                                        where b.product_id = s.product_id and b.property = s.property and b.ended_at is null))
               from weft.slos s
              where s.product_id = p.id and s.property in ('freshness', 'frequency', 'timeOfAvailability')) as late
       from weft.products p
       join weft.dataset_versions v on v.product_id = p.id and v.version = p.live_version
      where p.retired_at is null
      order by p.id limit $1`,
    [PRODUCTS_MAX],
  );
  return rows;
}

async function messages(db: Queryable): Promise<LedgerGauges['deliveries']> {
  const { rows } = await db.query<LedgerGauges['deliveries'][number]>(
    `select channel,
            (count(*) filter (where ended_at is null))::int as waiting,
            (count(*) filter (where outcome = 'given_up'))::int as failed,
            extract(epoch from now() - min(asked_at) filter (where ended_at is null))::float8 as oldest
       from weft.deliveries
      where ended_at is null or outcome = 'given_up'
      group by channel`,
  );
  return rows;
}

/** A destination waits since the version came that it does not have; it has failed where the last attempt did. */
async function owedToDestinations(db: Queryable): Promise<LedgerGauges['deliveries'][number]> {
  const { rows } = await db.query<LedgerGauges['deliveries'][number]>(
    `select 'destination' as channel, count(*)::int as waiting, count(d.error)::int as failed,
            extract(epoch from now() - min(v.published_at))::float8 as oldest
       from weft.destinations d
       join weft.products p on p.id = d.product_id
       join weft.dataset_versions v on v.product_id = p.id and v.version = p.live_version
      where p.retired_at is null and p.live_version is distinct from d.version`,
  );
  return rows[0]!;
}

async function outbox(db: Queryable): Promise<LedgerGauges['outbox']> {
  const { rows } = await db.query<LedgerGauges['outbox']>(
    `select count(*)::int as waiting, coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as oldest
       from weft.events where handled_at is null`,
  );
  return rows[0]!;
}
