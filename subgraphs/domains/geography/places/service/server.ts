import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { expressMiddleware } from '@as-integrations/express5';
import express from 'express';
import { parse } from 'graphql';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import { nearestAirports } from './nearest-airports.ts';
import type { PlacesContext } from './resolvers.ts';
import { resolvers } from './resolvers.ts';

/** Serves the subgraph on `http://host:port/graphql`; port 0 takes any free one. `stop` lets requests under way finish. */
export async function startPlaces(
  { database, log }: { readonly database: Knex; readonly log: Logger },
  { host, port }: { readonly host: string; readonly port: number },
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const app = express();
  const http = createServer(app);
  const apollo = new ApolloServer<PlacesContext>({
    // The very file that the product publishes: what is served and what is composed cannot drift apart.
    schema: buildSubgraphSchema({ typeDefs: parse(await readFile(SCHEMA, 'utf8')), resolvers }),
    logger: log,
    // What went wrong inside is for the log; a consumer could do nothing with it but harm.
    includeStacktraceInErrorResponses: false,
    formatError(shown, error) {
      if (shown.extensions?.['code'] !== 'INTERNAL_SERVER_ERROR') return shown;
      log.error({ err: error }, 'a field failed');
      return { ...shown, message: 'Places cannot answer this now.' };
    },
    plugins: [
      ApolloServerPluginDrainHttpServer({ httpServer: http }),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
    ],
    // `main.ts` decides when to stop.
    stopOnTerminationSignals: false,
  });
  await apollo.start();

  // A loader for each request: it gathers the request's questions, and forgets the answers with it.
  const context = async (): Promise<PlacesContext> => ({ nearest: nearestAirports(database) });
  // 1,000 airports, the gateway's largest page, are 100 KB of representations.
  app.use('/graphql', express.json({ limit: '1mb' }), expressMiddleware(apollo, { context }));

  http.listen(port, host);
  await once(http, 'listening');
  const { port: bound } = http.address() as AddressInfo; // It listens on a port, not on a pipe.
  return { url: `http://${host}:${bound}/graphql`, stop: () => apollo.stop() };
}

const SCHEMA = new URL('../schema.graphql', import.meta.url);
