import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { PostgresColumn } from './postgres-columns.ts';

/** What a query selects whose rows `spooledCsv` is to read. */
export function spooledValues(columns: readonly PostgresColumn[]): string {
  return ['0', ...columns.map(({ value }) => value)].join(', ');
}

/** Writes what a query yields into a file, as CSV: a new one, or at the end of one that is there (`a`). */
export async function copyInto(
  client: pg.Client,
  select: string,
  to: { file: string; flags: 'w' | 'a' },
): Promise<void> {
  await pipeline(
    client.query(copyTo(`copy (${select}) to stdout (format csv)`)),
    createWriteStream(to.file, { mode: 0o600, flags: to.flags }),
  );
}
