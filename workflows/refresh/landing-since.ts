import type { Queryable } from '../../schema/ledger/connect.ts';
import { identifier, literal } from '../engines/duckdb.ts';
import type { Since, SourceRows } from '../sources/source.ts';
import type { Landing } from './landing.ts';

/** From where on a landing reads: its last watermark, less what is looked back; null where all is read. */
export async function landingSince(db: Queryable, { kept }: Landing): Promise<Since | null> {
  if (kept?.base?.watermark == null || kept.load.watermark === null) return null;
  const { sourceColumn, pgType } = kept.load.watermark;
  const { rows } = await db.query<{ value: string }>(`select ${valueSql(pgType)} as value`, [
    kept.base.watermark,
    kept.load.lookBack,
  ]);
  return { column: sourceColumn, value: rows[0]!.value };
}

function valueSql(pgType: string): string {
  if (pgType === 'timestamptz')
    return `to_char(($1::timestamptz - make_interval(secs => $2)) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  if (pgType === 'date') return `to_char($1::date - make_interval(secs => $2), 'YYYY-MM-DD')`;
  return `($1::numeric - $2::numeric)::text`;
}

/** What a source that knows itself how far it has come said the last time; null where all is read. */
export function landingPosition({ kept }: Landing): string | null {
  return kept?.load.mode === 'cdc' ? (kept.base?.watermark ?? null) : null;
}

/** Without the rows from before, of a source that gives these too. Rows are numbered as in the source. */
export function rowsSince(rows: SourceRows, { column, value }: Since, { kept }: Landing): SourceRows {
  const type = duckdbType(kept?.load.watermark?.pgType ?? '');
  const found = `try_cast(${identifier(column)} as ${type})`;
  const relation = `(select * from (select *, ${rows.rowNumber} as weft_row_read from ${rows.relation})
                      where ${found} is null or ${found} >= ${literal(value)}::${type})`;
  return { ...rows, relation, rowNumber: 'weft_row_read' };
}

function duckdbType(pgType: string): string {
  if (pgType === 'timestamptz' || pgType === 'date') return pgType;
  if (pgType === 'integer' || pgType === 'bigint') return 'hugeint';
  return pgType.startsWith('numeric') ? 'decimal(38, 9)' : 'double';
}
