import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
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
  /** Takes the place now that the next statement would: for other work that is as heavy. */
  takePlace(): Promise<void>;
  /** Gives the place back until the next statement, in time that is spent waiting for others. Nothing may be running. */
  leavePlace(): void;
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
 * Places in which DuckDB works at once, besides one for a domain that has none: each holds memory, and a thread of libuv's four for as
 * long as its query runs. What waits for a network holds none.
 */
const PLACES = 2;
const places = fairPlaces(PLACES);

/** How many have a place in this process, and how many wait for one. */
export const duckdbPlaces = places.counts;

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

/**
 * Runs `work` with a DuckDB of its own, interrupted when `signal` fires. Its first statement waits until its domain has a place for it (what
 * is of none shares one): whatever comes before holds up nobody.
 */
export async function withDuckdb<Result>(
  { scratch, domain, signal, limits }: Options,
  work: (db: Duckdb) => Promise<Result>,
): Promise<Result> {
  const folder = join(scratch, randomUUID());
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let place: Promise<() => void> | null = null;
  let opened: Promise<Opened> | null = null;
  let running: DuckDBConnection | null = null;
  const takePlace = async (): Promise<void> => {
    await (place ??= places.take(domain ?? 'nobody', signal));
  };
  const leavePlace = (): void => {
    place?.then(
      (leave) => leave(),
      () => undefined,
    );
    place = null;
  };
  const connection = async (): Promise<DuckDBConnection> => {
    await takePlace();
    running = (await (opened ??= open(folder, limits))).connection;
    signal.throwIfAborted();
    return running;
  };
  const interrupt = (): void => running?.interrupt();
  signal.addEventListener('abort', interrupt);
  try {
    return await work({
      rows: async <Row>(sql: string) => (await (await connection()).runAndReadAll(sql)).getRowObjectsJson() as Row[],
      columns: async (relation) => {
        const described = await (await connection()).runAndReadAll(`describe select * from ${relation}`);
        const rows = described.getRowObjectsJson() as { column_name: string; column_type: string }[];
        return rows.map((row) => ({ name: row.column_name, type: row.column_type }));
      },
      jail: async (paths) => {
        const jailed = await connection();
        await jailed.run(`set allowed_directories = [${literal(`${folder}/`)}]`);
        if (paths.length > 0) await jailed.run(`set allowed_paths = [${paths.map(literal).join(', ')}]`);
        await jailed.run('set enable_external_access = false');
        await jailed.run('set lock_configuration = true');
      },
      interrupt,
      takePlace,
      leavePlace,
      folder,
    });
  } finally {
    signal.removeEventListener('abort', interrupt);
    await close(opened);
    leavePlace();
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

interface Opened {
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
}

async function open(folder: string, limits: DuckdbLimits | undefined): Promise<Opened> {
  const instance = await DuckDBInstance.create(':memory:', {
    ...SETTINGS,
    temp_directory: join(folder, 'spill'),
    ...(limits && { memory_limit: limits.memory }),
  });
  const connection = await instance.connect();
  await connection.run("set TimeZone = 'UTC'");
  // Given with the others, it would be lost with the first use of the folder.
  if (limits !== undefined) await connection.run(`set max_temp_directory_size = ${literal(limits.disk)}`);
  return { instance, connection };
}

async function close(opened: Promise<Opened> | null): Promise<void> {
  const { instance, connection } = (await opened?.catch(() => null)) ?? {};
  connection?.closeSync();
  instance?.closeSync();
}
