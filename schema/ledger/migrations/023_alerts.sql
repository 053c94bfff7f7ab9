-- What owners are told when a product is not as it should be.

create table alerts (
  id               uuid primary key,
  product_id       text not null references products on update cascade deferrable,
  cause            text not null check (cause in ('run_failed', 'late', 'rule_failed')),
  severity         text not null check (severity in ('error', 'warning')),
  state            text not null check (state in ('open', 'acknowledged', 'resolved')),
  -- Codes, names and times; never a value of a row.
  message          text not null,
  run_id           uuid,
  -- The alert of a product upstream that it follows from: those who were told of that one are not told of each that follows.
  follows          uuid references alerts,
  -- How often it came back within an hour after it was over.
  returned         integer not null default 0,
  -- Whether anybody was told since it came (back): else nobody is told that it is over.
  told             boolean not null default false,
  -- The level that was told last, from 0, and when the next one will be.
  level            smallint not null default 0,
  escalates_at     timestamptz,
  opened_at        timestamptz not null default now(),
  acknowledged_by  text,
  acknowledged_at  timestamptz,
  resolved_at      timestamptz
);
-- One of a product and cause while it lasts.
create unique index one_alert on alerts (product_id, cause) where state <> 'resolved';
create index on alerts (opened_at desc);
create index on alerts (follows) where follows is not null;

-- Which channel was told of which alert, or of one that it follows from: so that none is told twice, nor too much.
create table alert_tellings (
  id        bigint generated always as identity primary key,
  alert_id  uuid not null references alerts,
  -- The address as the contract has it: a reference where it is secret.
  channel   text not null,
  kind      text not null check (kind in ('opened', 'escalated', 'resolved')),
  told_at   timestamptz not null default now()
);
create index on alert_tellings (alert_id, channel);
create index on alert_tellings (channel, told_at);
