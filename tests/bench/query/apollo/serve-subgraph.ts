import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import knex, { type Knex } from 'knex';
import pg from 'pg';

/** An ordinary Apollo subgraph, as its team would run it: Apollo Server over HTTP, knex, loaders for each request. */
export interface OrdinarySubgraph<Loaders extends object> {
  readonly typeDefs: string;
  /** By type and field, as @apollo/subgraph takes them; each knows its own context. */
  readonly resolvers: Readonly<Record<string, object>>;
  readonly loaders: (database: Knex) => Loaders;
}

/** What a resolver gets. */
export interface RequestContext<Loaders> {
  readonly database: Knex;
  readonly loaders: Loaders;
}

/** Serves it at PORT until the parent ends. */
export async function serveSubgraph<Loaders extends object>(subgraph: OrdinarySubgraph<Loaders>): Promise<void> {
  // Days as they stand: as Date they would be moments, in the zone of whoever looks.
  pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);
  const database = knex({
    client: 'pg',
    connection: process.env['DATABASE_URL']!,
    pool: { min: 0, max: 8 },
  });
  const server = new ApolloServer<RequestContext<Loaders>>({
    schema: buildSubgraphSchema({
      typeDefs: parse(subgraph.typeDefs),
      // Its resolvers are typed for a context of unknown shape.
      resolvers: subgraph.resolvers as SubgraphResolvers,
    }),
    plugins: [ApolloServerPluginInlineTraceDisabled(), ApolloServerPluginLandingPageDisabled()],
    stopOnTerminationSignals: false,
  });
  await startStandaloneServer(server, {
    listen: { host: '127.0.0.1', port: Number(process.env['PORT']) },
    context: async () => ({ database, loaders: subgraph.loaders(database) }),
  });
  for (const end of ['SIGTERM', 'disconnect'] as const) process.on(end, () => process.exit());
  process.send?.({ ready: true });
}

type SubgraphResolvers = NonNullable<
  Extract<Parameters<typeof buildSubgraphSchema>[0], { resolvers?: object }>['resolvers']
>;
