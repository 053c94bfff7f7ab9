import { quoted, type SqlName } from '../../schema/ids.ts';
import { DELETED, type Landing } from './landing.ts';

/** Which slice of a backfill a row came with. */
export const SLICE = 'weft__slice' as SqlName;

/** The table that rows of a source are streamed into; those of several slices, side by side, where it is `sliced`. */
export function createLandingTable(
  schema: SqlName,
  { table, columns, kept }: Landing,
  { sliced = false }: { sliced?: boolean } = {},
): string {
  // Of rows that are gone there is a key and no more: what is kept is held to the contract by its own table.
  const lines = columns.map(
    ({ column, from, required }) =>
      `${quoted(column)} ${from.pgType}${from.list ? '[]' : ''}${required && kept === null ? ' not null' : ''}`,
  );
  if (kept?.load.mode === 'cdc') lines.push(`${quoted(DELETED)} boolean`);
  if (sliced) lines.push(`${quoted(SLICE)} integer not null`);
  return `create table ${sliced ? 'if not exists ' : ''}${quoted(schema, table)} (${lines.join(', ')})`;
}
