import type pg from 'pg';

import { propertyType } from '../../../schema/contract/types.ts';
import { wrongUsage } from '../exit.ts';
import type { DescribedForeignKey, DescribedType } from './described.ts';

/** A table or view as the catalog has it. */
export interface CatalogTable {
  readonly schema: string;
  readonly name: string;
  readonly description: string | null;
  /** As the planner guesses it; null where it never looked. */
  readonly estimate: number | null;
  readonly columns: readonly CatalogColumn[];
  readonly primaryKey: readonly string[] | null;
  readonly foreignKeys: readonly DescribedForeignKey[];
  /** Columns of bytes. */
  readonly leftOut: readonly string[];
}

export interface CatalogColumn {
  readonly name: string;
  readonly type: DescribedType;
  readonly description: string | null;
  readonly required: boolean;
  readonly unique: boolean;
  /** Of an enum type, or of a CHECK that lists them. */
  readonly values: readonly string[] | null;
}

/** One more than are ever drafted, so that too many are seen to be too many. */
const TABLES_READ = 500;

const TABLES = `
  select c.oid::int8::text as id, n.nspname as schema, c.relname as name, obj_description(c.oid, 'pg_class') as description,
         nullif(c.reltuples, -1)::float8 as estimate
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition and has_table_privilege(c.oid, 'select')
     and n.nspname !~ '^(pg_|information_schema$)'
     and case when cardinality($2::text[]) = 0 then n.nspname = $1
              else (n.nspname = $1 and c.relname = any($2)) or n.nspname || '.' || c.relname = any($2) end
   order by n.nspname, c.relname limit ${TABLES_READ}`;

const COLUMNS = `
  select a.attrelid::int8::text as id, a.attname as name, col_description(a.attrelid, a.attnum) as description,
         a.attnotnull or t.typnotnull as required,
         case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) else format_type(a.atttypid, a.atttypmod) end as type,
         (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = t.oid) as values
    from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
   where a.attrelid::int8::text = any($1) and a.attnum > 0 and not a.attisdropped
   order by a.attrelid, a.attnum`;

const KEYS = `
  select i.indrelid::int8::text as id, i.indisprimary as "isPrimary",
         (select array_agg(a.attname::text order by k.place) from unnest(i.indkey::int2[]) with ordinality as k (number, place)
            join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number where k.place <= i.indnkeyatts) as columns
    from pg_catalog.pg_index i
   where i.indrelid::int8::text = any($1) and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null`;

const CONSTRAINTS = `
  select c.conrelid::int8::text as id, c.contype::text as kind, c.confrelid::int8::text as target, pg_get_constraintdef(c.oid) as text,
         (select array_agg(a.attname::text order by k.place) from unnest(c.conkey) with ordinality as k (number, place)
            join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number) as columns,
         (select array_agg(a.attname::text order by k.place) from unnest(c.confkey) with ordinality as k (number, place)
            join pg_catalog.pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.number) as targets
    from pg_catalog.pg_constraint c
   where c.conrelid::int8::text = any($1) and c.contype in ('f', 'c') and c.convalidated`;

interface TableRow {
  readonly id: string;
  readonly schema: string;
  readonly name: string;
  readonly description: string | null;
  readonly estimate: number | null;
}
interface ColumnRow {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly required: boolean;
  readonly type: string;
  readonly values: readonly string[] | null;
}
interface KeyRow {
  readonly id: string;
  readonly isPrimary: boolean;
  readonly columns: readonly string[];
}
interface ConstraintRow {
  readonly id: string;
  readonly kind: 'f' | 'c';
  readonly target: string;
  readonly text: string;
  readonly columns: readonly string[] | null;
  readonly targets: readonly string[] | null;
}

/** What the catalog says of the tables and views of a schema, or of those named (`table` or `schema.table`). */
export async function readCatalog(
  client: pg.Client,
  { schema, tables }: { schema: string; tables: readonly string[] },
): Promise<CatalogTable[]> {
  const found = (await client.query<TableRow>(TABLES, [schema, tables])).rows;
  const missing = tables.find(
    (table) => !found.some((one) => table === one.name || table === `${one.schema}.${one.name}`),
  );
  if (missing !== undefined && found.length > 0)
    throw wrongUsage(
      `There is no table ${missing} that this user may read: write schema.table where it is not in ${schema}.`,
    );
  const ids = found.map(({ id }) => id);
  const columns = (await client.query<ColumnRow>(COLUMNS, [ids])).rows;
  const keys = (await client.query<KeyRow>(KEYS, [ids])).rows;
  const constraints = (await client.query<ConstraintRow>(CONSTRAINTS, [ids])).rows;
  return found.map(({ id, ...table }) => {
    const own = <Row extends { readonly id: string }>(rows: readonly Row[]): Row[] =>
      rows.filter((row) => row.id === id);
    const ownKeys = own(keys);
    const checks = own(constraints).filter(({ kind }) => kind === 'c');
    return {
      ...table,
      columns: own(columns)
        .filter(({ type }) => type !== 'bytea')
        .map(({ name, description, required, type, values }) => ({
          name,
          description,
          required,
          type: typeOfPostgres(type),
          unique: ownKeys.some((key) => key.columns.length === 1 && key.columns[0] === name),
          values: values ?? valuesOfCheck(name, checks),
        })),
      leftOut: own(columns)
        .filter(({ type }) => type === 'bytea')
        .map(({ name }) => name),
      primaryKey: ownKeys.find(({ isPrimary }) => isPrimary)?.columns ?? null,
      foreignKeys: own(constraints).flatMap(({ kind, target, columns: from, targets }) => {
        const object = found.find((one) => one.id === target)?.name;
        return kind === 'f' && object !== undefined && from !== null && targets !== null
          ? [{ columns: from, object, targets }]
          : [];
      }),
    };
  });
}

const LOGICAL = {
  ID: 'string',
  String: 'string',
  Int: 'integer',
  BigInt: 'integer',
  Float: 'number',
  Decimal: 'number',
  Boolean: 'boolean',
  Date: 'date',
  DateTime: 'timestamp',
  Time: 'time',
  JSON: 'object',
} as const;

/** As ODCS has it, with the database's own word as the physical type. */
function typeOfPostgres(physicalType: string): DescribedType {
  const { scalar, list } = propertyType({ physicalType });
  if (!list) return { logicalType: LOGICAL[scalar], physicalType };
  return {
    logicalType: 'array',
    physicalType,
    items: { logicalType: LOGICAL[scalar], physicalType: physicalType.replace(/\[\]$/, '') },
  };
}

/** `CHECK ((status = ANY (ARRAY['open'::text, 'closed'::text])))`: the values, where the check says nothing else. */
function valuesOfCheck(column: string, checks: readonly ConstraintRow[]): readonly string[] | null {
  for (const { columns, text } of checks) {
    if (columns?.length !== 1 || columns[0] !== column) continue;
    const list =
      /^CHECK \(+"?[^()"]+"?\)?(?:::[a-z ]+)? = ANY \(+ARRAY\[((?:'(?:[^']|'')*'::[a-z ]+(?:\(\d+\))?(?:, )?)+)\]\)*(?:::[a-z ]+\[\])?\)+$/.exec(
        text,
      );
    if (list?.[1] === undefined) continue;
    return [...list[1].matchAll(/'((?:[^']|'')*)'::/g)].map(([, value = '']) => value.replaceAll("''", "'"));
  }
  return null;
}
