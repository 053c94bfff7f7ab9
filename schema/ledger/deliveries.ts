import type { Queryable, Transaction } from './connect.ts';

/** Something to be told outside. */
export interface DeliveryAsk {
  /** What is done by it, unique for ever: `openlineage:<run>:COMPLETE`. */
  readonly effect: string;
  /** How it is sent: a name in the table of senders. */
  readonly channel: string;
  /** Where, as the channel's sender understands it. Secrets by reference alone, `${secret:NAME}`. */
  readonly destination: string;
  /** At most 256 KiB as JSON. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Sent in order with the others of its line; none where order does not matter. */
  readonly line?: string;
  /** Not before; at once where not given. */
  readonly dueAt?: Date;
  /** How long it is tried; a day where not given. */
  readonly giveUpAfterSeconds?: number;
}

/** One that is taken, to be sent now. */
export interface Delivery {
  /** The same however often it is sent. */
  readonly id: string;
  readonly channel: string;
  readonly destination: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly askedAt: Date;
  /** This one among them: from 1. */
  readonly attempts: number;
}

export interface DeliveryCounts {
  readonly channel: string;
  readonly destination: string;
  readonly pending: number;
  /** Of those that are still kept. */
  readonly sent: number;
  readonly givenUp: number;
  /** Since when the oldest pending one waits. */
  readonly waitingSince: Date | null;
}

/** A day: who mends an endpoint on the next morning loses nothing. */
const GIVE_UP_SECONDS = 86_400;
/** Longer reasons are a page of HTML. */
const REASON_LENGTH = 500;

/** Asks for a delivery in the transaction of what happened; false where that effect was asked for before, which changes nothing. */
export async function requestDelivery(trx: Transaction, ask: DeliveryAsk): Promise<boolean> {
  const made = await trx.query(
    `insert into weft.deliveries (effect, channel, destination, line, body, due_at, give_up_at)
     values ($1, $2, $3, $4, $5, coalesce($6, now()), coalesce($6, now()) + make_interval(secs => $7))
     on conflict (effect) do nothing`,
    [
      ask.effect,
      ask.channel,
      ask.destination,
      ask.line ?? null,
      JSON.stringify(ask.body),
      ask.dueAt ?? null,
      ask.giveUpAfterSeconds ?? GIVE_UP_SECONDS,
    ],
  );
  return made.rowCount === 1;
}

/**
 * Takes deliveries of these channels that are due, at most `each` for a destination, oldest first, and none of a line whose former one is
 * still to be sent. They are the taker's for `leaseSeconds`, and then due again. Other takers skip them. `busy`: destinations, as
 * `channel destination`, that get none now.
 */
export async function takeDeliveries(
  db: Queryable,
  take: {
    readonly channels: readonly string[];
    readonly busy: readonly string[];
    readonly each: number;
    readonly limit: number;
    readonly leaseSeconds: number;
  },
): Promise<Delivery[]> {
  const { rows } = await db.query<Delivery>(
    `with place as (
       select distinct channel, destination from weft.deliveries
        where ended_at is null and due_at <= now() and channel = any($1) and channel || ' ' || destination <> all($2)
     ), due as (
       select taken.id from place cross join lateral (
         select d.id from weft.deliveries d
          where d.channel = place.channel and d.destination = place.destination
            and d.ended_at is null and d.due_at <= now()
            and not exists (select from weft.deliveries former
                             where former.channel = d.channel and former.destination = d.destination
                               and former.line = d.line and former.nth < d.nth and former.ended_at is null)
          order by d.nth limit $3 for update skip locked) taken
        limit $4
     )
     update weft.deliveries d
        set attempts = attempts + 1, due_at = now() + make_interval(secs => $5)
       from due where d.id = due.id
     returning d.id, channel, destination, body, asked_at as "askedAt", attempts`,
    [take.channels, take.busy, take.each, take.limit, take.leaseSeconds],
  );
  return rows;
}

/** It was sent. */
export async function markSent(db: Queryable, id: string): Promise<void> {
  await db.query(
    `update weft.deliveries set ended_at = clock_timestamp(), outcome = 'sent', reason = null where id = $1 and ended_at is null`,
    [id],
  );
}

/** This attempt failed: it is sent again after `delaySeconds`, or given up for good where that is null or its time is over by then. */
export async function markFailed(
  db: Queryable,
  { id, attempts }: Pick<Delivery, 'id' | 'attempts'>,
  { reason, delaySeconds }: { readonly reason: string; readonly delaySeconds: number | null },
): Promise<'again' | 'given_up' | null> {
  const { rows } = await db.query<{ outcome: 'given_up' | null }>(
    `update weft.deliveries
        set reason = $3,
            due_at = now() + make_interval(secs => coalesce($4::float, 0)),
            (ended_at, outcome) = (
              select case when over then now() end, case when over then 'given_up' end
                from (select $4::float is null or now() + make_interval(secs => $4::float) > give_up_at as over) it)
      where id = $1 and attempts = $2 and ended_at is null
     returning outcome`,
    [id, attempts, reason.slice(0, REASON_LENGTH), delaySeconds],
  );
  const [row] = rows;
  return row === undefined ? null : (row.outcome ?? 'again');
}

/** The taker lets go of it before it was sent, which is no attempt. */
export async function releaseDelivery(
  db: Queryable,
  { id, attempts }: Pick<Delivery, 'id' | 'attempts'>,
): Promise<void> {
  await db.query(
    'update weft.deliveries set attempts = attempts - 1, due_at = now() where id = $1 and attempts = $2 and ended_at is null',
    [id, attempts],
  );
}

/**
 * Removes what ended longer ago than `keptSeconds`, and gives up the oldest where more than `waitingMax` wait for one destination. At most
 * `limit` are removed at once; how many were.
 */
export async function clearDeliveries(
  db: Queryable,
  {
    keptSeconds,
    waitingMax,
    limit,
  }: { readonly keptSeconds: number; readonly waitingMax: number; readonly limit: number },
): Promise<number> {
  await db.query(
    `update weft.deliveries set ended_at = now(), outcome = 'given_up', reason = 'Too many waited for this destination.'
      where id in (select id from (select id, row_number() over (partition by channel, destination order by nth desc) as place
                                     from weft.deliveries where ended_at is null) waiting
                    where place > $1)`,
    [waitingMax],
  );
  const gone = await db.query(
    `delete from weft.deliveries where id in (select id from weft.deliveries
      where ended_at < now() - make_interval(secs => $1) order by ended_at limit $2 for update skip locked)`,
    [keptSeconds, limit],
  );
  return gone.rowCount ?? 0;
}

/** How many there are of each destination. */
export async function deliveryCounts(db: Queryable): Promise<DeliveryCounts[]> {
  const { rows } = await db.query<DeliveryCounts>(
    `select channel, destination,
            (count(*) filter (where ended_at is null))::int as pending,
            (count(*) filter (where outcome = 'sent'))::int as sent,
            (count(*) filter (where outcome = 'given_up'))::int as "givenUp",
            min(asked_at) filter (where ended_at is null) as "waitingSince"
       from weft.deliveries group by channel, destination order by channel, destination`,
  );
  return rows;
}
