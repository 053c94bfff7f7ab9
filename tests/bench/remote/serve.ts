import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, parse } from 'graphql';
import { SERVICES, type ServiceName } from './services.ts';

/**
 * The service SERVICE at PORT. What it has been asked once it answers from memory: the gateway is what is measured.
 */
const { sdl, resolvers } = SERVICES[process.env['SERVICE'] as ServiceName];
const schema = buildSubgraphSchema({
  typeDefs: parse(sdl),
  // Its resolvers are typed for a context of unknown shape.
  resolvers: resolvers as NonNullable<
    Extract<Parameters<typeof buildSubgraphSchema>[0], { resolvers?: object }>['resolvers']
  >,
});
const known = new Map<string, Promise<Buffer>>();

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString();
    let answer = known.get(body);
    if (answer === undefined) known.set(body, (answer = answerTo(body)));
    void answer.then((json) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': json.length });
      response.end(json);
    });
  });
}).listen(Number(process.env['PORT']), '127.0.0.1', () => process.send?.({ ready: true }));
for (const end of ['SIGTERM', 'disconnect'] as const) process.on(end, () => process.exit());

async function answerTo(body: string): Promise<Buffer> {
  if (!body.startsWith('{')) return Buffer.from('{}');
  const { query, variables, operationName } = JSON.parse(body) as {
    query: string;
    variables?: Record<string, unknown>;
    operationName?: string;
  };
  const answer = await graphql({
    schema,
    source: query,
    variableValues: variables ?? null,
    operationName: operationName ?? null,
  });
  return Buffer.from(JSON.stringify(answer));
}
