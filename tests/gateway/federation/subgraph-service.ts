import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, parse } from 'graphql';
import type { Tree } from '../gateway-here.ts';

/** What a team's own service is made of. */
export interface ServiceText {
  readonly sdl: string;
  /** As @apollo/subgraph takes them: by type, then by field, `__resolveReference` and `__resolveType` among them. */
  readonly resolvers: Readonly<Record<string, Readonly<Record<string, Tree>>>>;
}

/** One that listens. */
export interface SubgraphService {
  readonly url: string;
  /** The operations that it was asked, oldest first. */
  readonly asked: { readonly query: string; readonly variables: Tree }[];
  close(): Promise<void>;
}

/** The head of an SDL: Federation 2, with the directives that it uses. */
export function federation(...directives: readonly string[]): string {
  const imports = directives.map((name) => `"${name}"`).join(', ');
  return `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])\n`;
}

/** Serves a subgraph over HTTP, by graphql-js. */
export async function subgraphService({ sdl, resolvers }: ServiceText): Promise<SubgraphService> {
  const schema = buildSubgraphSchema({ typeDefs: parse(sdl), resolvers });
  const asked: { query: string; variables: Tree }[] = [];
  const server = createServer((request, response) => {
    void body(request).then(async (text) => {
      const { query, variables, operationName } = JSON.parse(text) as Record<string, Tree>;
      asked.push({ query, variables });
      const answer = await graphql({ schema, source: query, variableValues: variables, operationName });
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
