import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { copyInto, spooledValues } from './postgres-copy.ts';
import { type PostgresColumn, lookAt } from './postgres-columns.ts';
import { type Asked, askedOf, reading, relationOf } from './postgres-reading.ts';
import { sinceSql } from './since-sql.ts';
import type { Connector, OpenSource, SourceRows } from './source.ts';
import { spooledCsv } from './spool.ts';

/** A table, a view or a query of a Postgres that the organisation runs, read in one transaction that sees one moment. */
export const openPostgres: Connector = async (ask, db): Promise<OpenSource> => {
  const asked = askedOf(ask);
  const { label } = asked;
  const columns = await reading(asked, (client) => lookAt(client, relationOf(asked.source), ask.object));
  const spool = join(db.folder, `${randomUUID()}.csv`);
  return {
    label,
    columns,
    typed: false,
    facts: { source: label },
    read: () => spoolRows(asked, columns, spool),
    close: () => rm(spool, { force: true }),
  };
};

async function spoolRows(asked: Asked, columns: readonly PostgresColumn[], spool: string): Promise<SourceRows> {
  const read = columns.filter(({ isRead }) => isRead);
  const { since } = asked;
  const later =
    since === null ? '' : ` where ${sinceSql(`source.${pg.escapeIdentifier(since.column)}`, since, pg.escapeLiteral)}`;
  const select = `select ${spooledValues(read)} from ${relationOf(asked.source)} as source${later}`;
  await reading(asked, (client) => copyInto(client, select, { file: spool, flags: 'w' }));
  return spooledCsv(spool, read);
}
