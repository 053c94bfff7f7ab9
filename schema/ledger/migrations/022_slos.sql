-- What contracts promise, as it is measured.

-- A promise that is measured, of each product and property. Gone with the promise.
create table slos (
  product_id      text not null references products on update cascade deferrable,
  property        text not null,
  -- As the contract has it now, and since when.
  promised        text not null,
  promised_at     timestamptz not null default now(),
  measured_since  timestamptz not null default now(),
  -- When it is late unless new data comes; null where no time tells.
  due_at          timestamptz,
  primary key (product_id, property)
);

-- From when to when a promise that time tells was not kept: exact, whenever it was noticed.
create table slo_breaches (
  product_id  text not null references products on update cascade deferrable,
  property    text not null,
  began_at    timestamptz not null,
  ended_at    timestamptz,
  primary key (product_id, property, began_at),
  check (ended_at >= began_at)
);
create unique index one_open_breach on slo_breaches (product_id, property) where ended_at is null;

-- Reads of a product by the hour, of all gateways.
create table product_reads (
  product_id  text not null references products on update cascade deferrable,
  hour        timestamptz not null,
  answered    bigint not null,
  failed      bigint not null,
  -- Of those answered, the ones that took longer than was promised when they did.
  slow        bigint not null,
  -- Of those answered, by the bounds of READ_BOUNDS_MS.
  durations   bigint[] not null,
  primary key (product_id, hour)
);
create index on product_reads (hour);

-- A run that found nothing changed confirms the version that is live: it is as good as published then.
alter table dataset_versions add column confirmed_at timestamptz;
