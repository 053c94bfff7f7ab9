-- How a product ends or gets another name is decided, too, and kept like a publish.
alter table decisions drop constraint decisions_action_check,
  add constraint decisions_action_check
    check (action in ('publish', 'rollback', 'rename', 'retire', 'announce_retirement', 'cancel_retirement'));
-- done: what makes no revision of its own.
alter table decisions drop constraint decisions_outcome_check,
  add constraint decisions_outcome_check check (outcome in ('published', 'done', 'rejected'));

-- A retirement to come: when, and who announced it.
alter table products
  add column retire_at timestamptz,
  add column retire_announced_by text,
  add constraint retirement_announced check ((retire_at is null) = (retire_announced_by is null));
create index on products (retire_at) where retire_at is not null;
