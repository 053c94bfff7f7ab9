-- An event that cannot be acted on yet (Temporal is down, another run still closes) waits without holding up the others.
alter table events
  add column attempts integer not null default 0,
  add column due_at timestamptz not null default now();
