-- Attempts at a stage that said how they ended, and those of them that a fault ended: the others may have killed their worker.
alter table stages
  add column told integer not null default 0,
  add column faults integer not null default 0;
