import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import type { Pool, Queryable } from './connect.ts';
import { transaction } from './connect.ts';

const FOLDER = new URL('./migrations/', import.meta.url);

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/**
 * Brings the ledger to the newest migration: numbered, forward only, each in the one transaction, checksummed.
 * Throws where the database is newer than the code, or an applied migration was altered.
 */
export async function migrate(pool: Pool): Promise<void> {
  const known = await migrations();
  await transaction(pool, async (trx) => {
    await trx.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await trx.query('create schema if not exists weft');
    await trx.query(`
      create table if not exists weft.migrations (
        name text primary key, checksum text not null, applied_at timestamptz not null default now())`);
    const applied = await appliedMigrations(trx);
    refuseStrangers(applied, known);
    await trx.query('set local search_path = weft');
    for (const migration of known.filter(({ name }) => !applied.has(name))) {
      await trx.query(migration.sql);
      await trx.query('insert into weft.migrations (name, checksum) values ($1, $2)', [
        migration.name,
        migration.checksum,
      ]);
    }
  });
}

/** Any number that no other software of the database is likely to lock: "weft" in ASCII. */
const MIGRATION_LOCK = 0x77656674;

async function migrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, FOLDER), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function appliedMigrations(db: Queryable): Promise<Map<string, string>> {
  const { rows } = await db.query<{ name: string; checksum: string }>('select name, checksum from weft.migrations');
  return new Map(rows.map((row) => [row.name, row.checksum]));
}

function refuseStrangers(applied: Map<string, string>, known: Migration[]): void {
  const byName = new Map(known.map((migration) => [migration.name, migration]));
  for (const [name, checksum] of applied) {
    const migration = byName.get(name);
    if (migration === undefined)
      throw new Error(
        `The database has migration ${name}, which this version of Weft does not know: start a newer Weft.`,
      );
    if (migration.checksum !== checksum)
      throw new Error(`Migration ${name} was altered after it was applied: restore its text and add a new one.`);
  }
}
