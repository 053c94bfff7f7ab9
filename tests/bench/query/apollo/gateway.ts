import { readFileSync } from 'node:fs';
import { ApolloGateway } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';

/** Stock Apollo Gateway behind Apollo Server, as its documentation starts it, on the supergraph in the file SUPERGRAPH. */
const gateway = new ApolloGateway({ supergraphSdl: readFileSync(process.env['SUPERGRAPH']!, 'utf8') });
const server = new ApolloServer({
  gateway,
  plugins: [ApolloServerPluginInlineTraceDisabled(), ApolloServerPluginLandingPageDisabled()],
  stopOnTerminationSignals: false,
});
await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: Number(process.env['PORT']) } });
for (const end of ['SIGTERM', 'disconnect'] as const) process.on(end, () => process.exit());
process.send?.({ ready: true });
