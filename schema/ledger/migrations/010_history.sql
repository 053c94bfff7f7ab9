-- Until when a revision was served, or waited; null as long as it is or does.
alter table product_revisions add column ended_at timestamptz;
update product_revisions r set ended_at = coalesce(
    (select min(n.live_at) from product_revisions n where n.product_id = r.product_id and n.revision > r.revision),
    (select p.retired_at from products p where p.id = r.product_id))
 where r.state in ('superseded', 'retired');

-- Every publish and rollback, those that were refused too: who, when, what came of it.
create table decisions (
  id             bigint generated always as identity primary key,
  -- What it was about, by its id where the documents told it, else by its folder: a refused first publish leaves no product.
  product_id     text not null,
  action         text not null check (action in ('publish', 'rollback')),
  actor          text not null,
  outcome        text not null check (outcome in ('published', 'rejected')),
  -- Why it was refused.
  code           text,
  version        text,
  revision       integer,
  supergraph_id  integer,
  -- { toRevision, findings: [codes], changes: { bump, breaking, risky, safe, headlines } }
  detail         jsonb not null default '{}',
  decided_at     timestamptz not null default now()
);
create index on decisions (product_id, id desc);
