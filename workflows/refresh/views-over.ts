import { domainOf, type ProductId, quoted, type SqlName } from '../../schema/ids.ts';
import type { Queryable } from '../../schema/ledger/connect.ts';
import type { DatasetVersion } from '../../schema/ledger/datasets.ts';
import { productOf } from '../../schema/ledger/mesh.ts';
import { requireRevision } from '../../schema/ledger/products.ts';
import { domainSchema } from '../../schema/ledger/roles.ts';

/**
 * Views that announcing made over tables of these versions, as they stand in a statement: named for an object of their revisions, in the
 * schema where the table lies. `but`: the objects of the product's own domain whose views stay.
 */
export async function viewsOver(
  db: Queryable,
  id: ProductId,
  versions: readonly DatasetVersion[],
  { but = [] }: { but?: readonly SqlName[] } = {},
): Promise<string[]> {
  const own = domainSchema(domainOf(id));
  const names = new Set<SqlName>();
  for (const revision of new Set(versions.map((version) => version.revision)))
    for (const { table } of productOf(await requireRevision(db, id, revision)).objects) names.add(table);
  const tables = versions.flatMap((version) => Object.values(version.tables));
  if (names.size === 0 || tables.length === 0) return [];
  const { rows } = await db.query<{ schema: SqlName; view: SqlName }>(
    `select distinct n.nspname as schema, v.relname as view
       from pg_class v
       join pg_namespace n on n.oid = v.relnamespace
       join pg_rewrite r on r.ev_class = v.oid
       join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
       join pg_class t on t.oid = d.refobjid and t.relnamespace = v.relnamespace
       join unnest($1::text[], $2::text[]) as ours (schema, name) on ours.schema = n.nspname and ours.name = t.relname
      where v.relkind = 'v' and v.relname = any($3)
      order by 1, 2`,
    [tables.map(({ schema }) => schema ?? own), tables.map(({ table }) => table), [...names]],
  );
  return rows
    .filter(({ schema, view }) => schema !== own || !but.includes(view))
    .map(({ schema, view }) => quoted(schema, view));
}
