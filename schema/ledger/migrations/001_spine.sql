-- The platform's memory. Product data lives in the domains' own schemas, never here.

create table domains (
  id          text primary key,
  created_at  timestamptz not null default now()
);

create table products (
  id             text primary key,
  domain_id      text not null references domains,
  kind           text not null check (kind in ('managed', 'remote')),
  live_revision  integer,
  -- The pointer that publishing moves: null before the first data (an empty version 0 is served).
  live_version   integer,
  retired_at     timestamptz,
  created_at     timestamptz not null default now()
);
create index on products (domain_id);

-- One published state of a product: its documents as they came.
create table product_revisions (
  product_id    text not null references products,
  revision      integer not null,
  version       text not null,
  -- pending: waits for the first dataset version of its shape; live: served; superseded: was live, or was overtaken while pending.
  state         text not null check (state in ('pending', 'live', 'superseded', 'retired')),
  files         jsonb not null,
  -- Where the folder lies, for file sources on the same machine; null where it was sent from elsewhere.
  folder        text,
  digest        text not null,
  data_digest   text not null,
  published_by  text not null,
  published_at  timestamptz not null default now(),
  live_at       timestamptz,
  primary key (product_id, revision)
);
create unique index one_live_revision on product_revisions (product_id) where state = 'live';
create unique index one_pending_revision on product_revisions (product_id) where state = 'pending';
alter table products add foreign key (id, live_revision) references product_revisions (product_id, revision)
  deferrable initially deferred;

-- A subgraph is a domain's managed products together (named for the domain), one remote product, or the catalog itself.
create table subgraphs (
  name        text not null,
  revision    integer not null,
  kind        text not null check (kind in ('managed', 'remote', 'catalog')),
  domain_id   text references domains,
  product_id  text references products,
  sdl         text not null,
  -- Where a remote one answers; null for the others, which run in the gateway's process.
  url         text,
  created_at  timestamptz not null default now(),
  primary key (name, revision)
);

create table supergraphs (
  id          integer primary key,
  sdl         text not null,
  hints       jsonb not null default '[]',
  cause       text not null,
  created_at  timestamptz not null default now()
);

create table supergraph_subgraphs (
  supergraph_id  integer not null references supergraphs,
  name           text not null,
  revision       integer not null,
  primary key (supergraph_id, name),
  foreign key (name, revision) references subgraphs
);

-- One row: publishers lock it, compose under the lock, and move it.
create table supergraph_head (
  singleton      boolean primary key default true check (singleton),
  supergraph_id  integer references supergraphs
);
insert into supergraph_head default values;

create table runs (
  id               uuid primary key,
  product_id       text not null references products,
  revision         integer not null,
  trigger          text not null check (trigger in ('publish', 'manual', 'schedule', 'upstream')),
  phase            text not null check (phase in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  requested_by     text not null,
  requested_at     timestamptz not null default now(),
  started_at       timestamptz,
  ended_at         timestamptz,
  -- The versions of the products it reads, pinned at extract: { "network/airports": 3 }.
  input_versions   jsonb not null default '{}',
  dataset_version  integer,
  -- { code, message, findings } of a failed run.
  error            jsonb,
  foreign key (product_id, revision) references product_revisions
);
-- The truth about "a run is under way": joining it is the answer to asking twice.
create unique index one_running_run on runs (product_id) where phase in ('queued', 'running');
create index on runs (requested_at desc);
create index on runs (product_id, requested_at desc);

create table stages (
  run_id      uuid not null references runs on delete cascade,
  stage       text not null check (stage in ('extract', 'land', 'transform', 'audit', 'publish', 'announce')),
  state       text not null check (state in ('running', 'done', 'failed')),
  attempt     integer not null,
  started_at  timestamptz not null default now(),
  ended_at    timestamptz,
  -- Counts, never rows: { rowsRead, rowsLanded, rowsRejected, bytesRead, … }.
  detail      jsonb not null default '{}',
  primary key (run_id, stage)
);

create table dataset_versions (
  product_id    text not null references products,
  version       integer not null,
  revision      integer not null,
  run_id        uuid not null references runs,
  -- Object name -> { "table": "flights__42", "rows": 3000000 }; tables lie in the domain's schema.
  tables        jsonb not null,
  published_at  timestamptz not null default now(),
  superseded_at timestamptz,
  dropped_at    timestamptz,
  primary key (product_id, version),
  unique (run_id)
);
alter table products add foreign key (id, live_version) references dataset_versions (product_id, version)
  deferrable initially deferred;

create table quality_results (
  run_id       uuid not null references runs on delete cascade,
  rule         text not null,
  object       text not null,
  property     text,
  severity     text not null check (severity in ('error', 'warning')),
  -- skipped: a rule of type text or custom, listed and not executed.
  outcome      text not null check (outcome in ('passed', 'failed', 'skipped')),
  measured     text,
  expected     text,
  description  text,
  primary key (run_id, rule)
);

-- The outbox: written in the transaction of what happened; whoever acts on an event marks it handled.
create table events (
  id          bigint generated always as identity primary key,
  type        text not null,
  subject     text not null,
  payload     jsonb not null default '{}',
  created_at  timestamptz not null default now(),
  handled_at  timestamptz
);
create index on events (id) where handled_at is null;

create function announce_event() returns trigger language plpgsql as $$
begin
  -- Only a hint: listeners also poll, since a notification can be missed.
  perform pg_notify('weft', new.type);
  return null;
end $$;
create trigger announce after insert on events for each row execute function announce_event();
