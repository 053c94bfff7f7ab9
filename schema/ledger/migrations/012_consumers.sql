-- Who uses what: keys, the operations that were asked, and the ones that consumers registered.

create table api_keys (
  id          text primary key,
  -- SHA-256 of the key, which nobody has but its owner: 256 random bits need no salt and no slow hash.
  digest      bytea not null unique,
  -- Its first letters: by them its owner knows it again.
  prefix      text not null,
  consumer    text not null,
  role        text not null check (role in ('admin', 'publisher', 'consumer')),
  -- Those a publisher may publish in; none need be there yet.
  domains     text[] not null default '{}',
  created_by  text not null,
  created_at  timestamptz not null default now(),
  expires_at  timestamptz,
  revoked_by  text,
  revoked_at  timestamptz
);

create function announce_keys() returns trigger language plpgsql as $$
begin
  perform pg_notify('weft', 'keys');
  return null;
end $$;
create trigger announce after insert or update on api_keys for each statement execute function announce_keys();

-- An operation as it was asked, told by what it asks and not by its values. Kept as long as it has usage.
create table used_operations (
  hash         text primary key,
  name         text,
  type         text not null check (type in ('query', 'mutation', 'subscription')),
  -- Schema coordinates that stand in its text.
  coordinates  text[] not null,
  -- When it was asked last, for whoever cleans up.
  last_day     date not null
);
create index on used_operations using gin (coordinates);

-- Calls by UTC day. `operation` is a hash of used_operations, or 'other' for all that were too many to be told apart.
create table operation_usage (
  day             date not null,
  consumer        text not null,
  operation       text not null,
  client_name     text not null,
  client_version  text not null,
  calls           bigint not null,
  errors          bigint not null,
  last_at         timestamptz not null,
  primary key (day, consumer, operation, client_name, client_version)
);
create index on operation_usage (operation, day);

-- What does not stand in a text: input fields and enum values that came in variables, and all coordinates of 'other'.
create table coordinate_usage (
  day         date not null,
  consumer    text not null,
  operation   text not null,
  coordinate  text not null,
  calls       bigint not null,
  last_at     timestamptz not null,
  primary key (day, consumer, operation, coordinate)
);
create index on coordinate_usage (coordinate, day);

-- A consumer's standing use of a product. One that ended is kept.
create table subscriptions (
  id             bigint generated always as identity primary key,
  product_id     text not null references products,
  consumer       text not null,
  purpose        text,
  subscribed_at  timestamptz not null default now(),
  ended_by       text,
  ended_at       timestamptz
);
create unique index one_subscription on subscriptions (product_id, consumer) where ended_at is null;
create index on subscriptions (consumer) where ended_at is null;

create table subscription_operations (
  subscription_id  bigint not null references subscriptions on delete cascade,
  name             text not null,
  text             text not null,
  coordinates      text[] not null,
  primary key (subscription_id, name)
);
