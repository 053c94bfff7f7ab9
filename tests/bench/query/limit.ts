import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BY_HAND, type LimitStatement } from './limit/statements.ts';
import type { Place, Started } from './place.ts';
import { QUERIES, QUERY_NAMES, type QueryName } from './queries.ts';
import type { Server } from './server.ts';

/** The limit over statements written by hand. */
export function startLimit(place: Place, advice: Started): Promise<Server> {
  return start(place, advice, { name: 'limit', title: 'the limit: bare node:http, SQL by hand', statements: BY_HAND });
}

/** The limit over the very statements that Weft sends, for the queries where it sends one. */
export function startLimitOfWeft(
  place: Place,
  advice: Started,
  statements: Readonly<Partial<Record<QueryName, LimitStatement>>>,
): Promise<Server> {
  return start(place, advice, {
    name: 'limit-weft',
    title: "the limit: bare node:http, Weft's own SQL",
    statements,
  });
}

async function start(
  place: Place,
  advice: Started,
  { name, title, statements }: { name: string; title: string; statements: typeof BY_HAND },
): Promise<Server> {
  const queries = QUERY_NAMES.filter((query) => statements[query] !== undefined);
  const file = join(place.home.folder, `${name}.json`);
  writeFileSync(
    file,
    JSON.stringify(queries.map((query) => ({ name: query, query: QUERIES[query].text.weft, ...statements[query] }))),
  );
  const server = await place.program(name, 'tests/bench/query/limit/main.ts', { STATEMENTS: file, ADVICE: advice.url });
  return {
    name,
    title,
    url: `${server.url}/`,
    headers: {},
    dialect: 'weft',
    queries,
    processes: {
      gateway: [server.pid],
      ...(queries.includes('q5') && { subgraphs: [advice.pid] }),
    },
  };
}
