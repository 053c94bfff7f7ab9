-- What people hold up, and how a run came to be.

-- Nothing comes by itself to a paused product, by its schedule or because what it reads has new data; by hand it may be refreshed.
create table pauses (
  product_id  text primary key references products on update cascade deferrable,
  paused_by   text not null,
  reason      text,
  -- temporal: its schedule was paused there by hand, and the pause ends where it began.
  origin      text not null default 'weft' check (origin in ('weft', 'temporal')),
  paused_at   timestamptz not null default now()
);

-- No run of a held domain starts: what is asked for stays queued until the domain is released.
create table holds (
  domain_id  text primary key references domains,
  held_by    text not null,
  reason     text,
  held_at    timestamptz not null default now()
);

-- Every hand on a refresh: who, when, on what. Kept of what is gone too, so that nothing holds the subject together.
create table interventions (
  id       bigint generated always as identity primary key,
  action   text not null check (action in ('pause', 'resume', 'hold', 'release', 'refresh', 'cancel', 'retry', 'restore')),
  -- A product's id, or a domain's.
  subject  text not null,
  run_id   uuid,
  actor    text not null,
  reason   text,
  detail   jsonb not null default '{}',
  done_at  timestamptz not null default now()
);
create index on interventions (subject, id desc);

alter table runs
  drop constraint runs_trigger_check,
  add constraint runs_trigger_check check (trigger in ('publish', 'manual', 'schedule', 'upstream', 'retry')),
  -- The failed run that it takes up again.
  add column retry_of uuid references runs,
  -- The run that the schema it works in is named for, where it is not its own.
  add column workspace uuid references runs,
  -- Until when a failed run's schema is kept for a retry; null where there is none.
  add column kept_until timestamptz,
  -- From 1, before all others, to 5.
  add column priority smallint not null default 3 check (priority between 1 and 5),
  -- When its schedule meant it to be.
  add column scheduled_for timestamptz;
create index on runs (kept_until) where kept_until is not null;
