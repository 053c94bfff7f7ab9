-- A stretch of a source that is read again, or at last, slice by slice, and then merged by one run.
create table backfills (
  id            uuid primary key,
  product_id    text not null references products on update cascade deferrable,
  -- As whose sources it is read; the run that merges it has these too, or does not.
  revision      integer not null,
  -- Where its slices are read into: the product may have another name when they are merged.
  schema_name   text not null,
  -- Of the watermark: moments in UTC, ISO 8601; or numbers. The end is no part of it.
  begins        text not null,
  ends          text not null,
  step          text not null,
  unit          text not null check (unit in ('time', 'number')),
  -- Slices that are read at once, at most.
  at_once       smallint not null check (at_once between 1 and 16),
  requested_by  text not null,
  requested_at  timestamptz not null default now(),
  reason        text,
  -- How it ended before its slices were all read; what becomes of them after that its run tells.
  stopped_at    timestamptz,
  stopped_as    text check (stopped_as in ('failed', 'cancelled')),
  error         jsonb,
  -- Since when what was read of it is gone.
  cleared_at    timestamptz,
  check ((stopped_at is null) = (stopped_as is null))
);
create index on backfills (product_id, requested_at desc);
create index on backfills (requested_at) where cleared_at is null;

create table backfill_slices (
  -- Its connections are told by it.
  id            uuid primary key default gen_random_uuid(),
  backfill_id   uuid not null references backfills,
  nth           integer not null,
  begins        text not null,
  ends          text not null,
  attempts      integer not null default 0,
  -- What readers saw when it began to be read: rows that a later version changed are newer than the slice's.
  base_version  integer,
  started_at    timestamptz,
  read_at       timestamptz,
  detail        jsonb not null default '{}',
  unique (backfill_id, nth)
);

alter table runs
  drop constraint runs_trigger_check,
  add constraint runs_trigger_check check (trigger in ('publish', 'manual', 'schedule', 'upstream', 'retry', 'backfill')),
  -- Whose slices it merges.
  add column backfill_id uuid references backfills;
create index on runs (backfill_id) where backfill_id is not null;

alter table interventions
  drop constraint interventions_action_check,
  add constraint interventions_action_check
    check (action in ('pause', 'resume', 'hold', 'release', 'refresh', 'cancel', 'retry', 'restore', 'backfill'));
