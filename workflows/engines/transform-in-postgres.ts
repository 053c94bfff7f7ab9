import type pg from 'pg';
import type { SchemaObject } from '../../schema/contract/model.ts';
import { columnList, columnType } from '../../schema/contract/tables.ts';
import { quoted } from '../../schema/ids.ts';
import { matchedColumns, type YieldedColumn } from '../refresh/matched-columns.ts';
import { rowsTold } from '../refresh/rows-told.ts';
import type { RefreshPlan } from '../refresh/plan.ts';
import type { TransformedOutput, TransformEngine } from './engine.ts';
import { asDomain, sqlRefusal } from './postgres.ts';

/** SQL in the database itself, as the domain's own role. */
export const transformInPostgres: TransformEngine = async (deps, { plan, client, connect, role, outputs }) => {
  for (const { table } of outputs)
    await client.query(`grant insert on ${quoted(plan.schema, table)} to ${quoted(role)}`);
  return asDomain(deps, { plan, connect, readOnly: false }, async (domain) => {
    const made: [TransformedOutput, number][] = [];
    for (const output of outputs) made.push([output, await fill(domain, plan, output)]);
    return rowsTold('rowsMade', made);
  });
};

async function fill(
  domain: pg.Client,
  plan: RefreshPlan,
  { object, table, source }: TransformedOutput,
): Promise<number> {
  const columns = await yieldedColumns(domain, object, source);
  const matched = matchedColumns(object, source, columns, ({ assignable }, property) =>
    assignable.has(columnType(property)),
  );
  const values = matched.map(({ name }) => `"${name.replaceAll('"', '""')}"`).join(', ');
  const prefix = `insert into ${quoted(plan.schema, table)} (${columnList(object.properties)}) select ${values} from (\n`;
  const inserted = await domain.query(`${prefix}${source.sql}\n) as "output"`).catch((error: unknown) => {
    throw sqlRefusal(error, { sql: source.sql, prefix, file: source.file, what: object.name });
  });
  return inserted.rowCount ?? 0;
}

interface PostgresColumn extends YieldedColumn {
  /** The types of the object's columns that Postgres assigns its values to. */
  readonly assignable: ReadonlySet<string>;
}

/** What the query yields, by asking for none of its rows. */
async function yieldedColumns(
  domain: pg.Client,
  object: SchemaObject,
  source: TransformedOutput['source'],
): Promise<PostgresColumn[]> {
  const prefix = 'select * from (\n';
  const { fields } = await domain.query(`${prefix}${source.sql}\n) as "output" limit 0`).catch((error: unknown) => {
    throw sqlRefusal(error, { sql: source.sql, prefix, file: source.file, what: object.name });
  });
  const wanted = [...new Set(object.properties.map(columnType))];
  const { rows } = await domain.query<{ type: string; assignable: string[] }>(
    `select format_type(f.oid, null) as type,
            array(select w.name
                    from (select name, name::regtype::oid as oid from unnest($2::text[]) as n (name)) w
                    join pg_type t on t.oid = w.oid
                   where f.oid = w.oid or f.oid = 'unknown'::regtype or t.typcategory = 'S'
                      or exists (select from pg_cast c
                                  where c.castsource = f.oid and c.casttarget = w.oid and c.castcontext in ('a', 'i')))
              as assignable
       from unnest($1::oid[]) with ordinality as f (oid, at)
      order by at`,
    [fields.map(({ dataTypeID }) => dataTypeID), wanted],
  );
  return fields.map(({ name }, index) => ({
    name,
    type: rows[index]!.type,
    assignable: new Set(rows[index]!.assignable),
  }));
}
