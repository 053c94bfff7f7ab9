-- Who is told of every run, in OpenLineage's words: as the workers are configured, each at its start.
create table lineage_receivers (
  channel      text not null,
  destination  text not null,
  primary key (channel, destination)
);

-- The trace that asked for it goes on in its stages: W3C's traceparent.
alter table runs add column traceparent text;
