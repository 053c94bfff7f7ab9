import type { SchemaObject } from '../../schema/contract/model.ts';
import type { Queryable } from '../../schema/ledger/connect.ts';

/** A column as the database has it. */
export interface ColumnFacts {
  readonly name: string;
  /** Postgres' own name of its type, of a domain that of what it is over: `int4`, `bpchar`; `enum` of any enum. Of an array, of its elements. */
  readonly type: string;
  /** As people write it: `character(3)`. */
  readonly shown: string;
  readonly isArray: boolean;
  readonly notNull: boolean;
  readonly mayRead: boolean;
  /** An index begins with it. */
  readonly isIndexed: boolean;
}

/** A table or view as the database has it. */
export interface TableFacts {
  /** `r` table, `p` partitioned, `v` view, `m` materialized view, `f` foreign; null where there is none, or none that the role can see. */
  readonly kind: 'r' | 'p' | 'v' | 'm' | 'f' | null;
  readonly mayUseSchema: boolean;
  readonly mayWrite: boolean;
  readonly columns: readonly ColumnFacts[];
  /** Of each unique index the columns that tell rows apart. */
  readonly keys: readonly (readonly string[])[];
}

/** The database and the role that looks at it. */
export interface ServerFacts {
  /** 160004 */
  readonly version: number;
  /** It may look into the memory of a Weft. */
  readonly readsLedger: boolean;
}

const TABLES = `
select c.relkind as kind,
       coalesce(has_schema_privilege(n.oid, 'usage'), false) as "mayUseSchema",
       coalesce(has_table_privilege(c.oid, 'insert, update, delete, truncate'), false) as "mayWrite",
       coalesce((
         select json_agg(json_build_object(
                  'name', a.attname,
                  'type', case when coalesce(element.typtype, base.typtype) = 'e' then 'enum' else coalesce(element.typname, base.typname) end,
                  'shown', format_type(a.atttypid, a.atttypmod),
                  'isArray', element.oid is not null,
                  'notNull', a.attnotnull,
                  'mayRead', has_column_privilege(c.oid, a.attnum, 'select'),
                  'isIndexed', exists (select from pg_index i where i.indrelid = c.oid and i.indisvalid and i.indkey[0] = a.attnum)
                ) order by a.attnum)
           from pg_attribute a
          cross join lateral (
            with recursive over (oid, depth) as (
              select a.atttypid, 0
              union all
              select t.typbasetype, depth + 1 from over join pg_type t on t.oid = over.oid and t.typtype = 'd' where depth < 20)
            select oid from over order by depth desc limit 1) as below
           join pg_type base on base.oid = below.oid
           left join pg_type element on element.oid = base.typelem and base.typcategory = 'A'
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]') as columns,
       coalesce((
         select json_agg((
                  select json_agg(a.attname) from unnest(i.indkey[0:i.indnkeyatts - 1]) as k (attnum)
                    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum))
           from pg_index i
          where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null), '[]') as keys
  from unnest($1::text[], $2::text[]) with ordinality as asked (schema, name, at)
  left join pg_namespace n on n.nspname = asked.schema
  left join pg_class c on c.relnamespace = n.oid and c.relname = asked.name and c.relkind in ('r', 'p', 'v', 'm', 'f')
 order by asked.at`;

const SERVER = `
select current_setting('server_version_num')::int as version,
       exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where n.nspname = 'weft' and c.relname = 'product_revisions' and has_schema_privilege(n.oid, 'usage')) as "readsLedger"`;

/** What the catalogs of the database say of the objects' tables, in their order, and of itself. */
export async function tableFacts(
  db: Queryable,
  objects: readonly Pick<SchemaObject, 'registeredTable' | 'table'>[],
): Promise<{ server: ServerFacts; tables: readonly TableFacts[] }> {
  const places = objects.map(({ registeredTable, table }) => registeredTable ?? { schema: '', table });
  const server = await db.query<ServerFacts>(SERVER);
  const tables = await db.query<TableFacts>(TABLES, [
    places.map(({ schema }) => schema),
    places.map(({ table }) => table),
  ]);
  return { server: server.rows[0]!, tables: tables.rows };
}
