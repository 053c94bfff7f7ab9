import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type Duckdb, literal } from './duckdb.ts';

export interface Streamed {
  readonly rows: number;
  readonly bytes: number;
}

/** A value holds the one character that Postgres' text cannot. */
export class NulByte extends Error {}

/** Tells a story, and where a NUL is seen while it streams tells it again, with a look at every text. Throws NulByte where one comes even so. */
export async function seeingNuls<Result>(story: (nulsExpected: boolean) => Promise<Result>): Promise<Result> {
  try {
    return await story(false);
  } catch (error) {
    if (!(error instanceof NulByte)) throw error;
    return story(true);
  }
}

/**
 * Streams what a DuckDB query yields into a table, as CSV through a FIFO, so that no row becomes an object here.
 * Null and empty string, quotes, line breaks and `\N` arrive as they left. Throws NulByte, and then copies nothing.
 */
export async function streamInto(
  db: Duckdb,
  select: string,
  into: { client: Client; copy: string; onBytes?: (bytes: number) => void },
): Promise<Streamed> {
  const fifo = join(db.folder, `${randomUUID()}.fifo`);
  await promisify(execFile)('mkfifo', ['-m', '600', fifo]);
  const reader = new Socket({ fd: openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK), writable: false });
  // While this end is open the reader sees no end: DuckDB opens its own late, and what tells a whole load is its answer.
  const keeper = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
  let bytes = 0;
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      into.onBytes?.(bytes);
      done(chunk.includes(0) ? new NulByte() : null, chunk);
    },
  });

  const copying = into.client.query(copyFrom(into.copy));
  const piping = pipeline(reader, watch, copying);
  const writing = db
    .rows<{ Count: string }>(
      `copy (${select}) to ${literal(fifo)} (format csv, header false, delimiter ',', quote '"', escape '"', nullstr '', use_tmp_file false)`,
    )
    .then(
      ([answer]) => {
        closeSync(keeper);
        return Number(answer?.Count ?? 0);
      },
      (error: unknown) => {
        // Ends COPY by an error, before the end of the FIFO could look like the end of the rows.
        reader.destroy(error as Error);
        closeSync(keeper);
        throw error;
      },
    );

  const [wrote, piped] = await Promise.allSettled([
    writing,
    piping.catch(async (error: unknown) => {
      await release(db, fifo, writing);
      throw error;
    }),
  ]);
  // Where both failed, the one is the other's echo: DuckDB's own error is passed on by `destroy`, Postgres' breaks the pipe.
  if (piped.status === 'rejected') throw piped.reason;
  if (wrote.status === 'rejected') throw wrote.reason;
  if (wrote.value !== copying.rowCount)
    throw new Error(`DuckDB wrote ${wrote.value} rows, of which Postgres copied ${copying.rowCount}.`);
  return { rows: copying.rowCount, bytes };
}

/** Lets a DuckDB go whose reader is gone: interrupts it, and reads for a moment in case it still waits to open the FIFO. */
async function release(db: Duckdb, fifo: string, writing: Promise<unknown>): Promise<void> {
  const state = { settled: false };
  const settle = (): void => {
    state.settled = true;
  };
  writing.then(settle, settle);
  while (!state.settled) {
    db.interrupt();
    const drain = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    await sleep(20);
    closeSync(drain);
    await sleep(20);
  }
}
