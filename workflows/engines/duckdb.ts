import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DomainId } from '../../schema/ids.ts';
import { fairPlaces } from './places.ts';

/** An embedded DuckDB for the time of one piece of work: reads files, spills to disk beyond its memory. */
export interface Duckdb {
  /** Rows as JSON-like values: big integers, decimals and times are strings. */
  rows<Row>(sql: string): Promise<Row[]>;
  /** Names and types of the columns that a query or relation yields, in order. */
  columns(relation: string): Promise<readonly { readonly name: string; readonly type: string }[]>;
  /**
   * From here on SQL reads and writes in `folder` and at `paths` alone, sets nothing and loads nothing: what was made before, such as views,
   * stays as it is.
   */
  jail(paths: readonly string[]): Promise<void>;
  /** Stops the statement that is running: its promise rejects. */
  interrupt(): void;
  /** Where files of this piece of work may lie; removed after it. */
  readonly folder: string;
}

const SETTINGS = {
  // With less it spills while it decodes wide Parquet; with more the worker, some 200 MiB by itself, nears 500.
  memory_limit: '160MB',
  // One takes about as long as Postgres does for the same rows; another only takes the core that Postgres loads with. Alone it also
  // yields the rows in their order, for nothing, by which an index of a key that is in order is built faster.
  threads: '1',
  // Nothing is fetched from outside: parquet, json and icu are built in.
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
} as const;

/**
 * Places in which DuckDB works at once, besides one for a domain that has none: each holds memory and a thread of libuv's four for as
 * long as its query runs.
 */
const PLACES = 2;
const places = fairPlaces(PLACES);

/** What a DuckDB may take of this machine. */
export interface DuckdbLimits {
  /** As DuckDB reads it: `512MB`. What goes beyond is spilled. */
  readonly memory: string;
  /** Of what is spilled: `20GB`. */
  readonly disk: string;
}

interface Options {
  readonly scratch: string;
  readonly domain?: DomainId;
  readonly signal: AbortSignal;
  /** Where others than the small ones of reading are meant. */
  readonly limits?: DuckdbLimits;
}

/** Runs `work` with a DuckDB of its own, once its domain has a place for it (what is of none shares one); interrupted when `signal` fires. */
export async function withDuckdb<Result>(options: Options, work: (db: Duckdb) => Promise<Result>): Promise<Result> {
  const leave = await places.take(options.domain ?? 'nobody', options.signal);
  try {
    return await open(options, work);
  } finally {
    leave();
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

async function open<Result>(
  { scratch, signal, limits }: Options,
  work: (db: Duckdb) => Promise<Result>,
): Promise<Result> {
  const folder = join(scratch, randomUUID());
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const instance = await DuckDBInstance.create(':memory:', {
      ...SETTINGS,
      temp_directory: join(folder, 'spill'),
      ...(limits && { memory_limit: limits.memory }),
    });
    const connection = await instance.connect();
    const interrupt = (): void => connection.interrupt();
    signal.addEventListener('abort', interrupt);
    try {
      await connection.run("set TimeZone = 'UTC'");
      // Given with the others, it would be lost with the first use of the folder.
      if (limits !== undefined) await connection.run(`set max_temp_directory_size = ${literal(limits.disk)}`);
      return await work({
        rows: async <Row>(sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJson() as Row[],
        columns: async (relation) => {
          const described = await connection.runAndReadAll(`describe select * from ${relation}`);
          const rows = described.getRowObjectsJson() as { column_name: string; column_type: string }[];
          return rows.map((row) => ({ name: row.column_name, type: row.column_type }));
        },
        jail: async (paths) => {
          await connection.run(`set allowed_directories = [${literal(`${folder}/`)}]`);
          if (paths.length > 0) await connection.run(`set allowed_paths = [${paths.map(literal).join(', ')}]`);
          await connection.run('set enable_external_access = false');
          await connection.run('set lock_configuration = true');
        },
        interrupt,
        folder,
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
