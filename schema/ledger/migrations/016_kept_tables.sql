-- Tables whose rows stay from run to run (docs/decisions/025): what a run's landing left them as. The next one goes on from what the live
-- version's run left.
create table kept_tables (
  run_id         uuid not null references runs on delete cascade,
  -- The source's object, as transform.sql sees it.
  name           text not null,
  schema_name    text not null,
  table_name     text not null,
  -- The dataset version whose rows it has after the run, and the one that they were made from; null: all was loaded anew.
  version        integer not null,
  base_version   integer,
  -- The highest seen, as Postgres writes it; null where the source has none.
  watermark      text,
  -- Of its columns, key and mode: another one needs another table.
  shape          text not null,
  primary key (run_id, name)
);

-- Asked to read all of its sources again, whatever was kept.
alter table runs add column full_load boolean not null default false;
