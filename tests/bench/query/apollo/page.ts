import type { Knex } from 'knex';

/** What lists have in common in the ordinary subgraphs: Relay's connection over a key. */
export const PAGE_SDL = `
  scalar Decimal
  scalar Date
  type PageInfo @shareable { hasNextPage: Boolean! endCursor: String }
`;

/** One row, by column. */
export type Row = Readonly<Record<string, unknown>>;

/** Reads a page and one row more, which says whether there is a next page. */
export async function page(query: Knex.QueryBuilder, first: number): Promise<object> {
  const found = (await query.limit(first + 1)) as Row[];
  const nodes = found.slice(0, first);
  const edges = nodes.map((node) => ({ cursor: cursorOf(node), node }));
  return { nodes, edges, pageInfo: { hasNextPage: found.length > first, endCursor: edges.at(-1)?.cursor ?? null } };
}

/** Rows gathered by a column, in the order of the keys. */
export function grouped(keys: readonly number[], rows: readonly Row[], column: string): Row[][] {
  const groups = new Map<unknown, Row[]>(keys.map((key) => [key, []]));
  for (const row of rows) groups.get(row[column])?.push(row);
  return keys.map((key) => groups.get(key) ?? []);
}

/** Rows by their key, in the order of the keys; null where there is none. */
export function inOrder(keys: readonly number[], rows: readonly Row[]): (Row | null)[] {
  const byId = new Map(rows.map((row) => [row['id'], row]));
  return keys.map((key) => byId.get(key) ?? null);
}

function cursorOf(row: Row): string {
  return Buffer.from(`id:${String(row['id'])}`).toString('base64url');
}
