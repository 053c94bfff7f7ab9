-- Registered products: tables that are there already, in a Postgres that the organisation runs. A subgraph of them holds a domain's
-- products of one connection.

alter table products drop constraint products_kind_check,
  add constraint products_kind_check check (kind in ('managed', 'registered', 'remote'));
alter table subgraphs drop constraint subgraphs_kind_check,
  add constraint subgraphs_kind_check check (kind in ('managed', 'registered', 'remote', 'catalog'));
