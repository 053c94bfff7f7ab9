import { isDeepStrictEqual } from 'node:util';
import type { Rows } from './queries.ts';
import { contentOf, QUERIES, type QueryName, type Tree, variablesFor } from './queries.ts';
import type { Server } from './server.ts';

/** Requests that are compared, far apart. */
const INDEXES = [1, 977, 31_337];

/** Asks every server the same, and throws where one answers otherwise than the first: no wrong answer is measured. */
export async function requireSameAnswers(query: QueryName, servers: readonly Server[], rows: Rows): Promise<void> {
  for (const index of INDEXES) {
    let first: { server: Server; content: unknown } | null = null;
    for (const server of servers) {
      const content = await contentFrom(server, query, index, rows);
      first ??= { server, content };
      if (!isDeepStrictEqual(content, first.content)) {
        const place = firstDifference(first.content, content, query);
        throw new Error(
          `${server.name} and ${first.server.name} answer request ${index} of ${query} differently: ${place}`,
        );
      }
    }
  }
}

async function contentFrom(server: Server, name: QueryName, index: number, rows: Rows): Promise<unknown> {
  const query = QUERIES[name];
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...server.headers },
    body: JSON.stringify({
      query: query.text[server.dialect],
      variables: variablesFor(server.dialect, query.variables(index, rows)),
    }),
  });
  const text = await response.text();
  const { data, errors } = JSON.parse(text) as { data?: Tree; errors?: unknown };
  if (response.status !== 200 || errors !== undefined || data == null)
    throw new Error(`${server.name} has no answer to ${name}: ${response.status} ${text.slice(0, 1_000)}`);
  return contentOf(query, server.dialect, data);
}

function firstDifference(one: Tree, other: Tree, at: string): string {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return `${at}: ${JSON.stringify(one)} and ${JSON.stringify(other)}`;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  const key = [...keys].find((candidate) => !isDeepStrictEqual(one[candidate], other[candidate]));
  return key === undefined ? at : firstDifference(one[key], other[key], `${at}.${key}`);
}
