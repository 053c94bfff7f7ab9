import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import type { Property } from '../../schema/contract/model.ts';
import { quoted } from '../../schema/ids.ts';
import { type Duckdb, identifier, literal } from '../engines/duckdb.ts';
import { copyInto } from '../sources/postgres-copy.ts';
import { spooledCsv } from '../sources/spool.ts';
import type { DeliveredObject } from './delivered.ts';

/** A part of this size is read by one task of most engines; DuckDB begins the next one after a row group. */
const PART_BYTES = '256MB';

/**
 * Writes an object's rows as Parquet into files of `db.folder`, and answers their paths in order: out of Postgres by COPY to the disk, and
 * from there by DuckDB within its memory.
 */
export async function parquetFiles(
  db: Duckdb,
  reader: pg.Client,
  { properties, relation }: DeliveredObject,
): Promise<string[]> {
  const [spool, folder] = [join(db.folder, `${randomUUID()}.csv`), join(db.folder, randomUUID())];
  const values = properties.map(({ column, list }) => (list ? `to_json(${quoted(column)})` : quoted(column)));
  try {
    await copyInto(reader, `select ${['0', ...values].join(', ')} from ${relation}`, { file: spool, flags: 'w' });
    const rows = spooledCsv(
      spool,
      properties.map(({ column }) => ({ name: column, type: 'VARCHAR' })),
    );
    const columns = properties.map((property) => `${typedValue(property)} as ${identifier(property.column)}`);
    await db.rows(
      `copy (select ${columns.join(', ')} from ${rows.relation}) to ${literal(folder)}
         (format parquet, compression zstd, file_size_bytes ${literal(PART_BYTES)}, filename_pattern 'part-{i}')`,
    );
  } finally {
    await rm(spool, { force: true });
    // What is left is to bring it there.
    db.leavePlace();
  }
  const names = (await readdir(folder)).sort((one, other) => partOf(one) - partOf(other));
  return names.map((name) => join(folder, name));
}

function partOf(name: string): number {
  return Number(/\d+/.exec(name)?.[0]);
}

/** A value as Postgres writes it, as Parquet has it. */
function typedValue({ column, pgType, list }: Property): string {
  const name = identifier(column);
  const type = parquetType(pgType);
  // By texts, since a number of JSON would come to a decimal as a double.
  return list ? `((${name}::json)::varchar[])::${type}[]` : `${name}::${type}`;
}

/** DuckDB's type for one of Postgres': what none holds exactly is text, and so is JSON. */
function parquetType(pgType: string): string {
  const [, base = '', precision, scale = '0'] = /^([a-z ]+?)\s*(?:\((\d+)(?:,\s*(\d+))?\))?$/.exec(pgType) ?? [];
  if (base === 'numeric')
    return precision !== undefined && Number(precision) <= 38 ? `decimal(${precision}, ${scale})` : 'varchar';
  return TYPES[base] ?? 'varchar';
}

const TYPES: Readonly<Record<string, string>> = {
  smallint: 'smallint',
  integer: 'integer',
  bigint: 'bigint',
  'double precision': 'double',
  real: 'float',
  boolean: 'boolean',
  date: 'date',
  timestamptz: 'timestamptz',
  'timestamp with time zone': 'timestamptz',
  timestamp: 'timestamp',
  time: 'time',
  uuid: 'uuid',
};
