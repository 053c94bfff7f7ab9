import type pg from 'pg';

import type { DescribedColumn, DescribedObject, Seen } from './described.ts';
import { counted } from './draft-key.ts';
import type { CatalogTable } from './postgres-catalog.ts';

/** Values of a table that are counted; of a larger one, its first rows. */
const CELLS = 2_000_000;
const ROWS = 100_000;
const LISTED = 20;
const EXAMPLES = 20;

type Row = Readonly<Record<string, string | null>>;

/** A table of the catalog with what was counted of its values; past `until`, or where counting takes too long, with the catalog alone. */
export async function countTable(
  client: pg.Client,
  table: CatalogTable,
  { until, schema }: { readonly until: number; /** The server's. */ readonly schema: string },
): Promise<DescribedObject> {
  const seen = Date.now() < until ? await counts(client, table) : null;
  const first = seen?.[0];
  const limit = limitOf(table);
  const isWhole = first !== undefined && first.rows < limit;
  const rows = first === undefined ? 0 : first.rows;
  return {
    name: table.name,
    physicalName: table.schema === schema ? table.name : `${table.schema}.${table.name}`,
    description: table.description,
    rows: isWhole ? rows : table.estimate,
    basis:
      first === undefined
        ? 'the catalog'
        : isWhole
          ? `${counted(rows)} ${rows === 1 ? 'row' : 'rows'}`
          : `the first ${counted(rows)} rows`,
    whole: isWhole,
    key: table.primaryKey === null ? null : { columns: table.primaryKey, evidence: null },
    foreignKeys: table.foreignKeys,
    columns: table.columns.map(({ name, type, description, required, unique, values }, at): DescribedColumn => ({
      name,
      type,
      typeEvidence: null,
      description,
      // What may be null in the database may be null here, however few rows are.
      declared: { required, ...(unique && { unique }), ...(values !== null && { values }) },
      seen: seen?.[at] ?? null,
    })),
  };
}

/** Null where the database does not count in time, or refuses (a view that fails, a row policy). */
async function counts(client: pg.Client, table: CatalogTable): Promise<Seen[] | null> {
  const { columns } = table;
  const from = `${quoted(table.schema)}.${quoted(table.name)}`;
  const some = `(select ${columns.map(({ name }) => `${quoted(name)}::text`).join(', ')} from ${from} limit ${limitOf(table)}) as t`;
  await client.query('savepoint counting');
  try {
    const select = columns.flatMap(({ name }, at) => [
      `count(${quoted(name)})::text as v${at}`,
      `count(distinct ${quoted(name)})::text as d${at}`,
    ]);
    const { rows } = await client.query<Row>(`select count(*)::text as n, ${select.join(', ')} from ${some}`);
    const [row = {}] = rows;
    const listed = columns.map(({ type }, at) => type.logicalType === 'string' && Number(row[`d${at}`]) <= LISTED);
    const lists = columns.map(({ name }, at) =>
      listed[at] === true ? `array_agg(distinct ${quoted(name)})` : `(array_agg(${quoted(name)}))[1:${EXAMPLES * 5}]`,
    );
    const values = await client.query<(string | null)[][]>({
      text: `select ${lists.join(', ')} from ${listed.every(Boolean) ? some : `(select * from ${some} limit 1000) as t`}`,
      rowMode: 'array',
    });
    const [found = []] = values.rows as unknown as ((string | null)[] | null)[][];
    return columns.map(({ type }, at): Seen => {
      const texts = [...new Set(found[at] ?? [])].filter((text) => text !== null);
      const all = Number(row['n']);
      const isShown = type.logicalType !== 'object' && type.logicalType !== 'array';
      return {
        rows: all,
        nulls: all - Number(row[`v${at}`]),
        distinct: Number(row[`d${at}`]),
        values: listed[at] === true && texts.length === Number(row[`d${at}`]) ? texts : null,
        examples: isShown ? texts.slice(0, EXAMPLES).map((text) => exampleOf(type.logicalType, text)) : [],
      };
    });
  } catch {
    await client.query('rollback to savepoint counting');
    return null;
  }
}

function limitOf({ columns }: CatalogTable): number {
  return Math.max(1_000, Math.min(ROWS, Math.floor(CELLS / Math.max(1, columns.length))));
}

function exampleOf(logicalType: string, text: string): string | number | boolean {
  if (logicalType === 'boolean') return text === 'true';
  const isWhole = logicalType === 'integer' && Number.isSafeInteger(Number(text));
  return isWhole ? Number(text) : text;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
