-- Some of the rows that broke a rule, by key and the property in question; values of what is classified are hidden.
alter table quality_results add column samples jsonb not null default '[]';
