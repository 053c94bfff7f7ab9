import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import pg from 'pg';
import { Pool as HttpPool } from 'undici';
import { type LimitStatement, PARTS_BY_ID } from './statements.ts';

/**
 * The limit: bare node:http, one prepared statement a query, its JSON text passed through. It parses the request, looks the text up,
 * and knows nothing else. STATEMENTS is a file: operation text -> statement. Q5 alone is three steps (ADVICE is the remote service).
 */
interface Entry extends LimitStatement {
  readonly query: string;
  readonly name: string;
}

const entries = JSON.parse(readFileSync(process.env['STATEMENTS']!, 'utf8')) as Entry[];
const byText = new Map(entries.map((entry) => [entry.query, entry]));
// As many as were fastest for Weft's prototype; more only wait for the same cores.
const pool = new pg.Pool({
  connectionString: process.env['DATABASE_URL'],
  max: 4,
  // One plan for all variables: what a compiled query can count on.
  options: '-c plan_cache_mode=force_generic_plan',
});
const advice = new HttpPool(process.env['ADVICE']!, { connections: 8 });

const server = createServer((request, response) => {
  void answer(request).then(
    (body) => {
      response.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    },
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});

async function answer(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { query, variables } = JSON.parse(Buffer.concat(chunks).toString()) as {
    query: string;
    variables: Record<string, unknown>;
  };
  const entry = byText.get(query);
  if (entry === undefined) throw new Error('This text has no statement.');
  const values = entry.parameters.map((one) => ('variable' in one ? variables[one.variable] : one.value));
  const rows = await ask(entry.name, entry.sql, values);
  if (entry.name === 'q5') return recommended(rows);
  const [before, after] = entry.around ?? ['', ''];
  return `{"data":${before}${rows[0]![0]!}${after}}`;
}

async function ask(name: string, text: string, values: unknown[]): Promise<string[][]> {
  const { rows } = await pool.query<string[]>({ name, text, values, rowMode: 'array' });
  return rows;
}

const ENTITIES =
  'query($representations:[_Any!]!){_entities(representations:$representations){... on Order{recommended{id}}}}';

async function recommended(orders: readonly (readonly unknown[])[]): Promise<string> {
  const representations = orders.map(([id]) => ({ __typename: 'Order', id: String(id) }));
  const { body } = await advice.request({
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: ENTITIES, variables: { representations } }),
  });
  const { data } = (await body.json()) as { data: { _entities: { recommended: { id: string }[] }[] } };
  const ids = data._entities.map((entity) => entity.recommended.map(({ id }) => Number(id)));
  const rows = await ask('parts', PARTS_BY_ID, [[...new Set(ids.flat())]]);
  const parts = new Map(rows.map(([id, json]) => [Number(id), json]));
  const nodes = orders.map(
    ([id, total], index) =>
      `{"id":"${String(id)}","total":"${String(total)}","recommended":[${ids[index]!.map((part) => parts.get(part)).join(',')}]}`,
  );
  return `{"data":{"orders":{"nodes":[${nodes.join(',')}]}}}`;
}

server.listen(Number(process.env['PORT']), '127.0.0.1', () => process.send?.({ ready: true }));
for (const end of ['SIGTERM', 'disconnect'] as const) process.on(end, () => process.exit());
