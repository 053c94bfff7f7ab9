import { DuckDBInstance } from '@duckdb/node-api';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An embedded DuckDB that looks at a file. */
export interface Duckdb {
  /** Rows as JSON-like values: big integers, decimals and times are texts. Past `withinMs` it is interrupted, and rejects. */
  rows<Row>(sql: string, withinMs: number): Promise<Row[]>;
  columns(relation: string, withinMs: number): Promise<{ readonly name: string; readonly type: string }[]>;
}

const SETTINGS = {
  // Enough for the counts of a wide table; beyond it, it spills.
  memory_limit: '512MB',
  threads: '2',
  // Nothing is fetched from outside: parquet, json and icu are built in.
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
} as const;

/** Lends a DuckDB of its own to `look`; ended, with all that it spilled, when that is over or `signal` fires. */
export async function withDuckdb<Result>(signal: AbortSignal, look: (db: Duckdb) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-init-'));
  try {
    const instance = await DuckDBInstance.create(':memory:', { ...SETTINGS, temp_directory: folder });
    const connection = await instance.connect();
    const interrupt = (): void => connection.interrupt();
    signal.addEventListener('abort', interrupt);
    const within = async <Value>(withinMs: number, work: () => Promise<Value>): Promise<Value> => {
      signal.throwIfAborted();
      const late = setTimeout(interrupt, withinMs);
      try {
        return await work();
      } finally {
        clearTimeout(late);
      }
    };
    const rows = <Row>(sql: string, withinMs: number): Promise<Row[]> =>
      within(withinMs, async () => (await connection.runAndReadAll(sql)).getRowObjectsJson() as Row[]);
    try {
      await connection.run("set TimeZone = 'UTC'");
      return await look({
        rows,
        columns: async (relation, withinMs) => {
          const described = await rows<{ column_name: string; column_type: string }>(
            `describe select * from ${relation}`,
            withinMs,
          );
          return described.map((row) => ({ name: row.column_name, type: row.column_type }));
        },
      });
    } finally {
      signal.removeEventListener('abort', interrupt);
      connection.closeSync();
      instance.closeSync();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Text as it stands in a statement. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A column's name as it stands in a statement, whatever letters it has. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
