import type { Queryable } from './connect.ts';

/** In place of an operation's hash: those that were too many to be told apart. */
export const OTHER_OPERATIONS = 'other';

/**
 * Usage is kept for so many days: what runs once in a quarter is seen in it, and a year would be four times the rows for what no
 * judgement asks for (WEFT_USAGE_DAYS is at most this).
 */
export const USAGE_KEPT_DAYS = 90;

/** Calls since they were written last. `agoMs`: how long the last one is ago, so that the ledger's clock is the one that counts. */
export interface UsageBatch {
  readonly operations: readonly {
    readonly hash: string;
    readonly name: string | null;
    readonly type: string;
    readonly coordinates: readonly string[];
  }[];
  readonly calls: readonly {
    readonly consumer: string;
    readonly operation: string;
    readonly clientName: string;
    readonly clientVersion: string;
    readonly calls: number;
    readonly errors: number;
    readonly agoMs: number;
  }[];
  readonly coordinates: readonly {
    readonly consumer: string;
    readonly operation: string;
    readonly coordinate: string;
    readonly calls: number;
    readonly agoMs: number;
  }[];
}

/** Adds to what is written: in one statement, so that a batch counts whole or not at all. In the order of the keys, so that gateways do not wait for one another in circles. */
export async function addUsage(db: Queryable, batch: UsageBatch): Promise<void> {
  await db.query(
    `with batch as (select $1::jsonb as of),
     told as (
       insert into weft.used_operations (hash, name, type, coordinates, last_day)
       select told.hash, told.name, told.type, told.coordinates, (now() at time zone 'utc')::date
         from batch, jsonb_to_recordset(of->'operations') as told (hash text, name text, type text, coordinates text[])
        order by told.hash
       on conflict (hash) do update set coordinates = excluded.coordinates, last_day = excluded.last_day
     ),
     called as (
       insert into weft.operation_usage as known
              (day, consumer, operation, client_name, client_version, calls, errors, last_at)
       select (at at time zone 'utc')::date, consumer, operation, "clientName", "clientVersion", calls, errors, at
         from batch, jsonb_to_recordset(of->'calls') as called (consumer text, operation text, "clientName" text,
                       "clientVersion" text, calls bigint, errors bigint, "agoMs" float8),
              lateral (select now() - make_interval(secs => "agoMs" / 1000) as at) as moment
        order by 1, 2, 3, 4, 5
       on conflict (day, consumer, operation, client_name, client_version) do update
          set calls = known.calls + excluded.calls, errors = known.errors + excluded.errors,
              last_at = greatest(known.last_at, excluded.last_at)
     )
     insert into weft.coordinate_usage as known (day, consumer, operation, coordinate, calls, last_at)
     select (at at time zone 'utc')::date, consumer, operation, coordinate, calls, at
       from batch, jsonb_to_recordset(of->'coordinates') as given (consumer text, operation text, coordinate text,
                     calls bigint, "agoMs" float8),
            lateral (select now() - make_interval(secs => "agoMs" / 1000) as at) as moment
      order by 1, 2, 3, 4
     on conflict (day, consumer, operation, coordinate) do update
        set calls = known.calls + excluded.calls, last_at = greatest(known.last_at, excluded.last_at)`,
    [JSON.stringify(batch)],
  );
}

/** Deletes what is too long ago, of all gateways. */
export async function cleanUsage(db: Queryable): Promise<void> {
  const old = `< (now() at time zone 'utc')::date - ${USAGE_KEPT_DAYS}`;
  await db.query(`delete from weft.operation_usage where day ${old}`);
  await db.query(`delete from weft.coordinate_usage where day ${old}`);
  await db.query(`delete from weft.used_operations where last_day ${old}`);
}

/** One use of a coordinate: by whom, in which operation, how often, and when last. */
export interface CoordinateUse {
  readonly coordinate: string;
  readonly consumer: string;
  /** Its hash, or `other`. */
  readonly operation: string;
  /** Null where it has none, or is of the others. */
  readonly operationName: string | null;
  readonly calls: number;
  readonly lastAt: Date;
}

/** Who used these coordinates within so many days, most used first; null stands for all. Within none, or of none, nobody did. */
export async function coordinateUses(
  db: Queryable,
  ask: {
    readonly coordinates: readonly string[] | null;
    readonly days: number;
    readonly consumer?: string;
    readonly limit: number;
  },
): Promise<CoordinateUse[]> {
  if (ask.days === 0 || ask.coordinates?.length === 0) return [];
  const { rows } = await db.query<CoordinateUse>(
    `with since as (select (now() at time zone 'utc')::date - $2::int as day),
     -- A day's last call, since a bucket may begin before the window does.
     moment as (select now() - make_interval(days => $2) as at),
     called as (
       select operation, consumer, sum(calls) as calls, max(last_at) as last_at
         from weft.operation_usage, since
        where operation_usage.day >= since.day and ($3::text is null or consumer = $3)
        group by operation, consumer
     ),
     uses as (
       select coordinate, called.consumer, called.operation, called.calls, called.last_at
         from called
         join weft.used_operations on used_operations.hash = called.operation
        cross join unnest(used_operations.coordinates) as coordinate
        where $1::text[] is null or (used_operations.coordinates && $1 and coordinate = any($1))
       union all
       select coordinate, consumer, operation, sum(calls), max(last_at)
         from weft.coordinate_usage, since
        where coordinate_usage.day >= since.day and ($3::text is null or consumer = $3)
          and ($1::text[] is null or coordinate = any($1))
        group by coordinate, consumer, operation
     )
     select coordinate, consumer, operation, used_operations.name as "operationName",
            least(max(uses.calls), 9007199254740991)::float8 as calls, max(uses.last_at) as "lastAt"
       from uses
       left join weft.used_operations on used_operations.hash = uses.operation
      where uses.last_at >= (select at from moment)
      group by coordinate, consumer, operation, used_operations.name
      order by calls desc, coordinate, consumer, operation
      limit $4`,
    [ask.coordinates, ask.days, ask.consumer ?? null, ask.limit],
  );
  return rows;
}
