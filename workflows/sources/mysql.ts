import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addAbortSignal } from 'node:stream';
import type { RowDataPacket } from 'mysql2';
import { readMysqlSource } from '../../schema/contract/mysql-source.ts';
import { type Asked, asking, type OpenMysql, relationOf } from './mysql-reading.ts';
import { backticked, type MysqlColumn, mysqlColumns } from './mysql-columns.ts';
import { settingsOf } from './settings-of.ts';
import { sinceSql } from './since-sql.ts';
import type { Connector, OpenSource, SourceRows } from './source.ts';
import { spooled, spooledNdjson, type SpooledRows } from './spool.ts';

/** A table, a view or a query of a MySQL or MariaDB, read in one transaction that sees one moment. */
export const openMysql: Connector = async (ask, db): Promise<OpenSource> => {
  const source = settingsOf(ask, readMysqlSource);
  const place = source.from.kind === 'table' ? `${source.database}.${source.from.table}` : ask.object.name;
  const asked: Asked = { ...ask, label: `${source.name}: ${place}`, source };
  const { label } = asked;
  const columns = await asking(asked, async ({ connection }) => {
    const [, fields] = await connection.promise().query(`select * from ${relationOf(source)} as source limit 0`);
    return mysqlColumns(fields, ask.object);
  });
  const spool = join(db.folder, `${randomUUID()}.ndjson`);
  return {
    label,
    columns,
    typed: false,
    facts: { source: label },
    read: () => rowsOf(asked, columns, spool),
    close: () => rm(spool, { force: true }),
  };
};

async function rowsOf(asked: Asked, columns: readonly MysqlColumn[], spool: string): Promise<SourceRows> {
  const read = columns.filter(({ isRead }) => isRead);
  const { since, source } = asked;
  const later = since === null ? '' : ` where ${sinceSql(`source.${backticked(since.column)}`, since, boundSql)}`;
  const values = ['0', ...read.map(({ value }) => value)].join(', ');
  const relation = await asking(asked, (open) =>
    spooledNdjson(spool, read, valuesOf(open, `select ${values} from ${relationOf(source)} as source${later}`, read)),
  );
  return spooled(relation, []);
}

/** Rows that are on their way at once; more are held for nothing. */
const ROWS_AHEAD = 1_000;

async function* valuesOf(
  { connection, closed }: OpenMysql,
  sql: string,
  columns: readonly MysqlColumn[],
): AsyncGenerator<SpooledRows> {
  const query = connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true, typeCast: false });
  const rows = addAbortSignal(closed, query.stream({ highWaterMark: ROWS_AHEAD }));
  // The first is a zero: a row of no columns would be none.
  for await (const [, ...values] of rows as AsyncIterable<readonly (Buffer | null)[]>)
    yield [
      columns.map(({ text }, index) => {
        const value = values[index];
        return value == null ? null : text(value);
      }),
    ];
}

/** A number between quotes would be compared as a double. */
function boundSql(value: string): string {
  if (/^-?\d+(\.\d+)?$/.test(value)) return value;
  // As MySQL writes a moment of UTC, which is the session's time zone.
  const written = value.replace(/T(?=\d)/, ' ').replace(/Z$/, '');
  return `'${written.replaceAll("'", "''").replaceAll('\\', '')}'`;
}
