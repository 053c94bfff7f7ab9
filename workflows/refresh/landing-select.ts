import { quoted } from '../../schema/ids.ts';
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
  /** DuckDB's SQL that yields the table's columns in order. */
  readonly query: string;
  /** What COPY leaves out by: empty, or ` where …`. */
  readonly kept: string;
  readonly checks: readonly ColumnCheck[];
  /** How many rows were read, given how many `query` yielded. */
  rowsRead(db: Duckdb, yielded: number): Promise<number>;
}

/**
 * The query that a landing streams. A row that breaks the contract is told from others in the one pass: a column that must have
 * a value comes as null, and COPY leaves such rows out; what it copied against what was read is what was rejected. Where no
 * column must have a value, the query itself leaves them out, and the rows are counted.
 */
export function landingSelect(
  { columns }: Pick<OpenSource, 'columns'>,
  rows: SourceRows,
  landing: Landing,
  options: { nulsExpected: boolean },
): LandingSelect {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const castFor = (property: SourceProperty): Cast =>
    property.sourceColumn === ROW_NUMBER
      ? { value: 'weft_row', fits: null, expected: property.pgType }
      : castOf(property.sourceColumn, types.get(property.sourceColumn) ?? 'VARCHAR', property);
  const checks = landing.object.properties.map((property): ColumnCheck => {
    const cast = castFor(property);
    const column = property.sourceColumn === ROW_NUMBER ? 'weft_row' : identifier(property.sourceColumn);
    const noNul =
      options.nulsExpected && types.get(property.sourceColumn) === 'VARCHAR' ? `strpos(${column}, chr(0)) = 0` : null;
    const terms = [cast.fits, noNul].filter((term) => term !== null);
    return {
      property,
      column,
      fits: terms.length === 0 ? null : terms.join(' and '),
      required: property.required || landing.columns.some((landed) => landed.from === property && landed.required),
      expected: noNul !== null && cast.fits === null ? `${cast.expected} without a NUL character` : cast.expected,
    };
  });
  const valid = checks.flatMap(validTerm);
  const marker = landing.columns.find(({ required }) => required);
  const numbered = landing.object.properties.some(({ sourceColumn }) => sourceColumn === ROW_NUMBER);
  const relation = numbered ? numberedRelation(rows) : rows.relation;
  const values = landing.columns.map((landed) => {
    const cast = castFor(landed.from).value;
    // A row with a NUL is left out by COPY, but must not end it.
    const value = options.nulsExpected ? `replace((${cast})::varchar, chr(0), '')` : cast;
    return landed === marker && valid.length > 0 ? `case when ${valid.join(' and ')} then ${value} end` : value;
  });
  const filtered = valid.length > 0 && marker === undefined;
  return {
    query: `select ${values.join(', ')} from ${relation}${filtered ? ` where ${valid.join(' and ')}` : ''}`,
    kept: valid.length > 0 && marker !== undefined ? ` where ${quoted(marker.column)} is not null` : '',
    checks,
    rowsRead: async (db, yielded) => {
      if (!filtered) return yielded;
      const [counted] = await db.rows<{ count: string }>(`select count(*) as count from ${rows.relation}`);
      return Number(counted!.count);
    },
  };
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
