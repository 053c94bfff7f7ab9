-- For a while, a product need not pass a policy. The product may not have been published yet: an exception is often what its first
-- publish waits for.
create table policy_exceptions (
  id uuid primary key,
  policy text not null,
  product_id text not null,
  reason text not null,
  granted_by text not null,
  granted_at timestamptz not null default now(),
  until timestamptz not null,
  revoked_by text,
  revoked_at timestamptz,
  check ((revoked_by is null) = (revoked_at is null))
);
create index policy_exceptions_of_product on policy_exceptions (product_id, until);
