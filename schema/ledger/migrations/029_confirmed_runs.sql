-- A refresh that finds nothing changed confirms the live version, and makes none.
alter table runs
  -- How a run succeeded: it made a version, or found the live one to be what there is.
  add column outcome text check (outcome in ('published', 'confirmed')),
  -- What sources said of their state when they were read, by their objects' views; without those that say nothing.
  add column source_states jsonb not null default '{}',
  -- The release of Weft that began it: another may make something else of the same.
  add column weft_version text;
update runs set outcome = 'published' where phase = 'succeeded';
