import type { DescribedColumn, Seen } from './described.ts';
import { type Duckdb, identifier } from './duckdb.ts';
import { TEXT_FITS, textType, typeOfDuckdb } from './text-types.ts';

/** A relation of DuckDB whose values are counted. */
export interface Relation {
  readonly sql: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** False where every value is text: then the values tell the types. */
  readonly typed: boolean;
}

/** What was counted, column by column in order; `rows` are all of the relation. */
export interface Counts {
  readonly rows: number;
  readonly columns: readonly DescribedColumn[];
}

/** Enough to see what a column may be; what half of these are not, it is not. */
const FIRST_ROWS = 1_000;
/** Fewer different values than this are listed. */
const LISTED = 20;
const EXAMPLES = 20;
/** Aggregates of one statement: thousands would take DuckDB longer to plan than to run. */
const COLUMNS_AT_ONCE = 50;
const QUICK_MS = 20_000;

type Row = Readonly<Record<string, unknown>>;

/** Types that a text column may have, by its first rows; the others are not counted in all of them. */
export async function possibleTypes(db: Duckdb, { sql, columns, typed }: Relation): Promise<string[][]> {
  if (typed) return columns.map(() => []);
  const possible: string[][] = [];
  for (const some of parts(columns)) {
    const counts = some.flatMap(({ name }, at) => [
      `count(${identifier(name)}) as v${at}`,
      ...TEXT_FITS.map(([type, fits]) => `count(*) filter (where ${fits(identifier(name))}) as ${type}${at}`),
    ]);
    const [row = {}] = await db.rows<Row>(
      `select ${counts.join(', ')} from (from ${sql} limit ${FIRST_ROWS})`,
      QUICK_MS,
    );
    for (const at of some.keys())
      possible.push(
        TEXT_FITS.map(([type]) => type).filter((type) => Number(row[`${type}${at}`]) * 2 >= Number(row[`v${at}`])),
      );
  }
  return possible;
}

/**
 * Counts every column: empty values, different ones, those that fit each possible type, and examples. `exact` says of which columns
 * different values are counted one by one; of others about. Rejects where it takes longer than `withinMs`.
 */
export async function countValues(
  db: Duckdb,
  relation: Relation,
  {
    possible,
    exact,
    withinMs,
  }: { possible: readonly string[][]; exact: (column: string) => boolean; withinMs: number },
): Promise<Counts> {
  const until = Date.now() + withinMs;
  const described: DescribedColumn[] = [];
  let rows = 0;
  for (const [part, some] of [...parts(relation.columns)].entries()) {
    const counts = some.flatMap(({ name, type }, at) => {
      const value = identifier(name);
      const distinct = isNested(type)
        ? '0'
        : exact(name)
          ? `count(distinct ${value})`
          : `approx_count_distinct(${value})`;
      const fits = TEXT_FITS.filter(([one]) => possible[part * COLUMNS_AT_ONCE + at]?.includes(one) === true);
      return [
        `count(${value}) as v${at}`,
        `${distinct} as d${at}`,
        ...fits.map(([one, fit]) => `count(*) filter (where ${fit(value)}) as ${one}${at}`),
      ];
    });
    const [row = {}] = await db.rows<Row>(
      `select count(*) as n, ${counts.join(', ')} from ${relation.sql}`,
      Math.max(1, until - Date.now()),
    );
    rows = Number(row['n']);
    for (const [at, { name, type }] of some.entries())
      described.push(describedColumn(name, type, row, at, relation.typed));
  }
  return { rows, columns: described };
}

/** Adds to each column some of its values, and all of them where they are few texts. */
export async function withExamples(db: Duckdb, relation: Relation, counts: Counts): Promise<Counts> {
  const columns: DescribedColumn[] = [];
  for (const some of parts(counts.columns)) {
    const listed = await valuesOf(db, relation.sql, some.filter(isListed));
    const first = await valuesOf(
      db,
      `(from ${relation.sql} limit ${FIRST_ROWS})`,
      some.filter((column) => !isListed(column)),
    );
    for (const column of some) {
      const texts = [...(listed.get(column.name) ?? first.get(column.name) ?? [])].sort();
      const seen: Seen | null = column.seen && {
        ...column.seen,
        values: isListed(column) && texts.length <= LISTED ? texts : null,
        examples: isShown(column) ? texts.slice(0, EXAMPLES).map((text) => exampleOf(column, text)) : [],
      };
      columns.push({ ...column, seen });
    }
  }
  return { ...counts, columns };
}

async function valuesOf(
  db: Duckdb,
  sql: string,
  columns: readonly DescribedColumn[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const shown = columns.filter(isShown);
  if (shown.length === 0) return new Map();
  const lists = shown.map(({ name }, at) => `list(distinct ${identifier(name)}::varchar) as l${at}`);
  const [row = {}] = await db.rows<Readonly<Record<string, readonly (string | null)[] | null>>>(
    `select ${lists.join(', ')} from ${sql}`,
    QUICK_MS,
  );
  return new Map(shown.map(({ name }, at) => [name, (row[`l${at}`] ?? []).filter((value) => value !== null)]));
}

function isListed({ type, seen }: DescribedColumn): boolean {
  return type.logicalType === 'string' && (seen?.distinct ?? 0) <= LISTED;
}

function describedColumn(name: string, type: string, row: Row, at: number, typed: boolean): DescribedColumn {
  const values = Number(row[`v${at}`]);
  const rows = Number(row['n']);
  const seen = { rows, nulls: rows - values, distinct: Number(row[`d${at}`]), values: null, examples: [] };
  const about = { name, description: null, declared: {}, seen };
  if (typed) return { ...about, type: typeOfDuckdb(type) ?? { logicalType: 'string' }, typeEvidence: null };
  const fitting = Object.fromEntries(TEXT_FITS.map(([one]) => [one, Number(row[`${one}${at}`] ?? 0)]));
  const found = textType(name, values, fitting);
  return { ...about, type: found.type, typeEvidence: found.evidence };
}

function isNested(type: string): boolean {
  return type.endsWith('[]') || /^(STRUCT|MAP|UNION|BLOB)/.test(type);
}

/** Structures are long, and say little as examples. */
function isShown({ type }: DescribedColumn): boolean {
  return type.logicalType !== 'object' && type.logicalType !== 'array';
}

function exampleOf({ type }: DescribedColumn, text: string): string | number | boolean {
  if (type.logicalType === 'boolean') return text.toLowerCase() === 'true';
  const isNumber = type.logicalType === 'integer' || type.logicalType === 'number';
  // A whole number beyond 2^53 is not held exactly.
  const isExact = type.logicalType === 'number' || Number.isSafeInteger(Number(text));
  return isNumber && isExact && Number.isFinite(Number(text)) ? Number(text) : text;
}

function* parts<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += COLUMNS_AT_ONCE) yield items.slice(start, start + COLUMNS_AT_ONCE);
}
