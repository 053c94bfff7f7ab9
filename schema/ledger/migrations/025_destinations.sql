-- Where products' versions go out to besides their tables (docs/decisions/037), and how far each destination has come.
create table destinations (
  product_id    text not null references products on update cascade on delete cascade deferrable,
  -- The server's name in the output contract.
  destination   text not null,
  -- A digest of what the contract says of it: where that changes, nothing is there yet.
  address       text not null,
  -- The dataset version that is there; null before the first.
  version       integer,
  delivered_at  timestamptz,
  rows          bigint,
  -- The attempt under way, or the last one: null where none is owed.
  attempted     integer,
  attempted_at  timestamptz,
  error_code    text,
  error         text,
  failed_at     timestamptz,
  primary key (product_id, destination)
);

-- The revision whose destinations these are.
alter table products add column destinations_of integer;
