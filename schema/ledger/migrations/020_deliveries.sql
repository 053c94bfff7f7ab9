-- What is to be told outside, and what became of it: written in the transaction of what happened, sent at least once.
create table deliveries (
  -- Stays the same however often it is sent: who gets it twice can tell.
  id           uuid primary key default gen_random_uuid(),
  -- In which order they were asked for.
  nth          bigint generated always as identity,
  -- What is done by it: asked for twice, it is sent once.
  effect       text not null unique,
  -- How it is sent, and to which place of that kind. A name, or an address with ${secret:NAME}: never the secret itself.
  channel      text not null,
  destination  text not null,
  -- Those of one line are sent in their order, each when the former is sent or given up; null where order does not matter.
  line         text,
  body         jsonb not null check (octet_length(body::text) <= 262144),
  asked_at     timestamptz not null default now(),
  -- When it is sent next. Who takes it moves this on, so that it comes back should the sender die.
  due_at       timestamptz not null default now(),
  attempts     integer not null default 0,
  give_up_at   timestamptz not null,
  ended_at     timestamptz,
  outcome      text check (outcome in ('sent', 'given_up')),
  -- Why the last attempt failed; of a given up one why it was.
  reason       text,
  check ((ended_at is null) = (outcome is null))
);
create index on deliveries (channel, destination, nth) where ended_at is null;
create index on deliveries (channel, destination, line, nth) where ended_at is null and line is not null;
create index on deliveries (ended_at) where ended_at is not null;
