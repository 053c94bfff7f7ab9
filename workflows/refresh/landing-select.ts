import type { SourceProperty } from '../../schema/contract/model.ts';
import { type Duckdb, identifier } from '../engines/duckdb.ts';
import { type Cast, castOf } from '../sources/casts.ts';
import { ROW_NUMBER } from '../sources/files/row-number.ts';
import type { OpenSource, SourceRows } from '../sources/source.ts';
import type { Landing } from './landing.ts';

/** What every value of one column is held against. */
export interface ColumnCheck {
  readonly property: SourceProperty;
  /** SQL: the column of the source as it is. */
  readonly column: string;
  /** SQL: true where a value that is not null is of its type; null where it always is. */
  readonly fits: string | null;
  readonly required: boolean;
  readonly expected: string;
}

export interface LandingSelect {
  /** DuckDB's SQL that yields the table's columns in order, of rows that hold the contract. It counts the others (`leftOut`). */
  readonly query: string;
  readonly checks: readonly ColumnCheck[];
}

/** Counts rows that are left out: nothing else of a query tells of them without reading twice. */
const LEFT_OUT = 'weft_left_out';

/** Before a landing's query: none has been left out yet. */
export async function countLeftOut(db: Duckdb): Promise<void> {
  await db.rows(`create or replace sequence ${LEFT_OUT}`);
}

/** After it: how many rows it left out. */
export async function leftOut(db: Duckdb): Promise<number> {
  const [sequence] = await db.rows<{ last_value: string | null }>(
    `select last_value from duckdb_sequences() where sequence_name = '${LEFT_OUT}'`,
  );
  return Number(sequence?.last_value ?? 0);
}

/**
 * The query that a landing streams, in one pass: a row that breaks the contract is left out, and counted by that a CASE comes to the branch
 * that counts.
 */
export function landingSelect(
  { columns }: Pick<OpenSource, 'columns'>,
  rows: SourceRows,
  landing: Landing,
  options: { nulsExpected: boolean },
): LandingSelect {
  const checks = columnChecks(columns, landing, options);
  // In three steps, since DuckDB computes again what a CASE names twice: what is tried, the values, and whether all of them fit.
  const steps = checks.map((check, index) => {
    const { property, column, fits, required } = check;
    const [tried, name, missing] = [`weft_tried_${index}`, `weft_value_${index}`, `weft_missing_${index}`];
    const cast = columnCast(columns, property, tried);
    const value = options.nulsExpected ? withoutNul(cast.value, column, typeFound(columns, property)) : cast.value;
    const mayMiss = !required && fits !== null;
    return {
      property,
      name,
      tried: cast.tried === null ? [] : [`${cast.tried} as ${tried}`],
      valued: [`${value} as ${name}`, ...(mayMiss ? [`${column} is null as ${missing}`] : [])],
      valid:
        validTerm(check).length === 0 ? [] : [mayMiss ? `(${missing} or ${name} is not null)` : `${name} is not null`],
    };
  });
  const tried = `select ${['*', ...steps.flatMap((step) => step.tried)].join(', ')} from ${relationFor(rows, landing)}`;
  const valued = `select ${steps.flatMap((step) => step.valued).join(', ')} from (${tried})`;
  const valid = steps.flatMap((step) => step.valid).join(' and ');
  const values = landing.columns.map((landed) => steps.find(({ property }) => property === landed.from)!.name);
  const all = `select ${values.join(', ')} from (${valued})`;
  return {
    query: valid === '' ? all : `${all} where case when ${valid} then true else nextval('${LEFT_OUT}') is null end`,
    checks,
  };
}

/** A text with a NUL is none; where one comes to be by a cast it is left out, since it would end COPY. */
function withoutNul(value: string, column: string, type: string): string {
  const text = `replace((${value})::varchar, chr(0), '')`;
  return type === 'VARCHAR' ? `case when strpos(${column}, chr(0)) = 0 then ${text} end` : text;
}

/** What each value of a source is held against. */
export function columnChecks(
  columns: OpenSource['columns'],
  { object, columns: landedColumns }: Pick<Landing, 'object' | 'columns'>,
  { nulsExpected }: { nulsExpected: boolean },
): ColumnCheck[] {
  return object.properties.map((property): ColumnCheck => {
    const cast = columnCast(columns, property);
    const column = property.sourceColumn === ROW_NUMBER ? 'weft_row' : identifier(property.sourceColumn);
    const noNul = nulsExpected && typeFound(columns, property) === 'VARCHAR' ? `strpos(${column}, chr(0)) = 0` : null;
    const terms = [cast.fits, noNul].filter((term) => term !== null);
    return {
      property,
      column,
      fits: terms.length === 0 ? null : terms.join(' and '),
      required: property.required || landedColumns.some((landed) => landed.from === property && landed.required),
      expected: noNul !== null && cast.fits === null ? `${cast.expected} without a NUL character` : cast.expected,
    };
  });
}

/** How a column of a source becomes a value of a property's type. */
export function columnCast(
  columns: OpenSource['columns'],
  property: Pick<SourceProperty, 'sourceColumn' | 'pgType' | 'list'>,
  triedAs?: string,
): Cast {
  const { sourceColumn } = property;
  if (sourceColumn === ROW_NUMBER) return { value: 'weft_row', tried: null, fits: null, expected: property.pgType };
  return castOf(sourceColumn, typeFound(columns, property), property, triedAs);
}

/** DuckDB's type of a source's column; a text where there is none of that name. */
export function typeFound(
  columns: OpenSource['columns'],
  { sourceColumn }: Pick<SourceProperty, 'sourceColumn'>,
): string {
  return columns.find(({ name }) => name === sourceColumn)?.type ?? 'VARCHAR';
}

/** The rows, with their numbers where the contract asks for them. */
export function relationFor(rows: SourceRows, { object }: Pick<Landing, 'object'>): string {
  return object.properties.some(({ sourceColumn }) => sourceColumn === ROW_NUMBER)
    ? numberedRelation(rows)
    : rows.relation;
}

/** Keys of rows that are gone, as the kept table has them, and that they are. */
export function goneSelect({ kept }: Landing, relation: string): string {
  const keys = (kept?.load.key ?? []).map((property) => castOf(property.sourceColumn, 'VARCHAR', property).value);
  return `select ${[...keys, 'true'].join(', ')} from ${relation}`;
}

/** The source with its row number as `weft_row`. */
export function numberedRelation({ relation, rowNumber }: SourceRows): string {
  return `(select *, ${rowNumber} as weft_row from ${relation})`;
}

/** SQL that is true where a row passes the check: never null. */
export function validTerm({ column, fits, required }: ColumnCheck): string[] {
  if (column === 'weft_row') return [];
  if (required) return [`${column} is not null`, ...(fits === null ? [] : [`coalesce(${fits}, false)`])];
  return fits === null ? [] : [`(${column} is null or coalesce(${fits}, false))`];
}
