-- Whatever hangs on a product's id follows it when the product is renamed. The two pointers of `products` stay as they are: they are
-- checked at the commit, when both ends have the new id.
do $$
declare
  reference record;
begin
  for reference in
    select conrelid::regclass as of_table, conname as name, pg_get_constraintdef(oid) as definition
      from pg_constraint
     where contype = 'f' and confupdtype = 'a' and not condeferrable
       and confrelid in ('products'::regclass, 'product_revisions'::regclass, 'dataset_versions'::regclass)
  loop
    execute format('alter table %s drop constraint %I', reference.of_table, reference.name);
    execute format('alter table %s add constraint %I %s on update cascade deferrable', reference.of_table, reference.name, reference.definition);
  end loop;
end $$;

-- Ids that products had before: each still finds its product, and no other may take it.
create table former_product_ids (
  former_id   text primary key,
  product_id  text not null references products on update cascade deferrable,
  renamed_by  text not null,
  renamed_at  timestamptz not null default now()
);
create index on former_product_ids (product_id);

-- Until when the data of a retired product is kept, by its contract's retention; null: for good.
alter table products add column data_until timestamptz;
