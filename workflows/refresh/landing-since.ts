import { isConnector } from '../../schema/contract/connector-source.ts';
import type { Queryable } from '../../schema/ledger/connect.ts';
import type { Slice } from '../../schema/ledger/backfills.ts';
import { identifier, literal } from '../engines/duckdb.ts';
import { sinceSql } from '../sources/since-sql.ts';
import type { Since, SourceRows } from '../sources/source.ts';
import type { Landing } from './landing.ts';

/** From where on a landing reads: its last watermark, less what is looked back; null where all is read. */
export async function landingSince(db: Queryable, landing: Landing): Promise<Since | null> {
  const { kept } = landing;
  if (kept?.base?.watermark == null || kept.load.watermark === null || knowsItself(landing)) return null;
  const { sourceColumn, pgType } = kept.load.watermark;
  const { rows } = await db.query<{ value: string }>(`select ${valueSql(pgType)} as value`, [
    kept.base.watermark,
    kept.load.lookBack,
  ]);
  return { column: sourceColumn, value: rows[0]!.value };
}

/** What of a source a slice is. A date stands for its midnight in UTC. */
export async function sliceSince(
  db: Queryable,
  { kept }: Landing,
  { begins, ends }: Pick<Slice, 'begins' | 'ends'>,
): Promise<Since> {
  if (kept?.load.watermark == null) throw new Error('Only what has a watermark is read in slices.');
  const { sourceColumn, pgType } = kept.load.watermark;
  if (pgType !== 'date') return { column: sourceColumn, value: begins, until: ends };
  const { rows } = await db.query<{ value: string; until: string }>(
    `select ${firstDaySql('$1')} as value, ${firstDaySql('$2')} as until`,
    [begins, ends],
  );
  return { column: sourceColumn, ...rows[0]! };
}

/** The first day that does not begin before a moment. */
function firstDaySql(moment: string): string {
  return `to_char((${moment}::timestamptz at time zone 'UTC') + interval '1 day' - interval '1 microsecond', 'YYYY-MM-DD')`;
}

function valueSql(pgType: string): string {
  if (pgType === 'timestamptz')
    return `to_char(($1::timestamptz - make_interval(secs => $2)) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  if (pgType === 'date') return `to_char($1::date - make_interval(secs => $2), 'YYYY-MM-DD')`;
  return `($1::numeric - $2::numeric)::text`;
}

/** What a source that knows itself how far it has come said the last time; null where all is read. */
export function landingPosition(landing: Landing): string | null {
  return knowsItself(landing) ? (landing.kept?.base?.watermark ?? null) : null;
}

/** A log does, and a connector has a state; but of what is missing all must be read. */
function knowsItself({ kept, port: { server } }: Landing): boolean {
  return kept?.load.mode === 'cdc' || (isConnector(server) && kept?.load.deleted !== 'missing');
}

/** Without the rows from before, and from after a slice, of a source that gives these too. Rows are numbered as in the source. */
export function rowsSince(rows: SourceRows, since: Since, { kept }: Landing): SourceRows {
  const type = duckdbType(kept?.load.watermark?.pgType ?? '');
  const found = `try_cast(${identifier(since.column)} as ${type})`;
  const isAskedFor = sinceSql(found, since, (value) => `${literal(value)}::${type}`);
  const relation = `(select * from (select *, ${rows.rowNumber} as weft_row_read from ${rows.relation})
                      where ${isAskedFor})`;
  return { ...rows, relation, rowNumber: 'weft_row_read' };
}

function duckdbType(pgType: string): string {
  if (pgType === 'timestamptz' || pgType === 'date') return pgType;
  if (pgType === 'integer' || pgType === 'bigint') return 'hugeint';
  return pgType.startsWith('numeric') ? 'decimal(38, 9)' : 'double';
}
