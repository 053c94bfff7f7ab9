import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { type ExpressContextFunctionArgument, expressMiddleware } from '@as-integrations/express5';
import express, { type ErrorRequestHandler, type RequestHandler, type Response } from 'express';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { Refusal, REFUSALS } from '../../schema/errors.ts';
import { actors } from '../actor.ts';
import { AnswersUnderWay } from '../answers/answers-under-way.ts';
import type { GatewayConfig } from '../config.ts';
import { dataProductsRead } from '../answers/data-products.ts';
import { codecRoutes } from './codec-routes.ts';
import { draining } from './draining.ts';
import type { OperationContext } from '../execute/context.ts';
import { goneSignal } from '../execute/gone-signal.ts';
import { bounded, operationContext } from '../execute/operation-context.ts';
import { SELECTIONS_MAX } from '../execute/operation-bounds.ts';
import { type LogFault, shownError } from '../execute/shown-error.ts';
import { StatementsSeen } from '../execute/statements-seen.ts';
import type { Graph } from '../serving/graph.ts';
import type { FollowedKeys } from '../keys/followed-keys.ts';
import { answerStreamRoute } from '../live/answer-stream-route.ts';
import type { LiveOperations } from '../live/live-operations.ts';
import { UpgradableRequest } from '../live/upgradable-request.ts';
import { openWebSockets } from '../live/web-sockets.ts';
import type { Metrics } from '../metrics.ts';
import { TOKENS_MAX } from './nesting.ts';
import { operationRoute } from './operation-route.ts';
import { planningGateway } from './planning-gateway.ts';
import { persistedOperations, readManifest } from './persisted-operations.ts';
import { publicBase } from './public-base.ts';
import { requestBody } from './request-body.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { subgraphRoute } from './subgraph-route.ts';
import { variantRoutes } from '../variants/variant-routes.ts';
import { exportedSupergraph } from './exported-supergraph.ts';
import type { Traces } from '../traces/trace.ts';
import { tracedRequests } from '../traces/traced-requests.ts';
import { countedReads } from '../usage/counted-reads.ts';
import type { ReadMeter } from '../usage/read-meter.ts';
import type { UsageMeter } from '../usage/usage-meter.ts';

const CONSOLE = fileURLToPath(new URL('../console', import.meta.url));

export interface ServerDeps {
  readonly config: GatewayConfig;
  readonly keys: FollowedKeys;
  readonly graph: Graph;
  readonly live: LiveOperations;
  readonly usage: UsageMeter;
  readonly reads: ReadMeter;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly logFault: LogFault;
  /** Null where they are off. */
  readonly traces: Traces | null;
}

/** The one door: GraphQL, console, health, metrics, and the exported supergraph. Listens once it is ready to answer. */
export async function openServer(deps: ServerDeps): Promise<{ url: string; close: () => Promise<void> }> {
  const { config, keys, graph, live, usage, reads, metrics, logger, logFault, traces } = deps;
  const actorOf = actors(config.adminKey, keys.find);
  const { file, only } = config.operations;
  const persisted = persistedOperations(file === null ? [] : readManifest(file), { only });
  const app = express();
  const asking = {
    graph,
    live,
    usage,
    reads,
    underWay: new AnswersUnderWay(),
    metrics,
    traces,
    persisted,
    actorOf,
    logger,
    logFault,
    slowMs: config.slowMs,
  };
  const http = createServer({ IncomingMessage: UpgradableRequest }, operationRoute(asking, app));
  const sockets = openWebSockets({ ...asking, max: config.subscriptionsMax });
  http.on('upgrade', sockets.upgrade);
  const farewell = draining(http);
  const apollo = new ApolloServer<OperationContext>({
    gateway: planningGateway(graph, usage),
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    parseOptions: { maxLexicalTokens: TOKENS_MAX },
    maxRecursiveSelections: SELECTIONS_MAX,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    // The composition root ends everything in order; Apollo's own handlers would end the process in its midst.
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => shownToClient(formatted, error, logFault),
    plugins: [
      dataProductsRead,
      countedReads(reads),
      emptyNameIsNone,
      ApolloServerPluginLandingPageDisabled(),
      // Where APOLLO_KEY is set, for other work of the same people, these would report to outside hosts.
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      metrics.plugin,
      ...(traces === null ? [] : [tracedRequests]),
    ],
    logger,
  });
  await apollo.start();
  graph.follow();
  keys.follow(() => {
    live.endUnauthorized();
    sockets.closeUnauthorized();
  });

  app.disable('x-powered-by').set('etag', false);
  app.use(securityHeaders);
  app.get('/healthz', (_request, response) => {
    response.json({ alive: true });
  });
  app.get('/readyz', (_request, response) => {
    const failure = graph.failure();
    const ready = !farewell.begun();
    const supergraph = graph.current().supergraph.id;
    response.status(ready ? 200 : 503).json({ ready, supergraph, ...(failure && { failure }) });
  });
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  if (config.codec !== null)
    app.use('/codec', codecRoutes({ codec: config.codec, actorOf, uiUrl: config.temporalUi?.url ?? null }));
  const baseOf = (request: express.Request): string =>
    publicBase({ protocol: request.protocol, host: request.get('host') }, config);
  app.get('/supergraph.graphql', (request, response) => {
    response.type('text/plain').send(exportedSupergraph(graph.current(), baseOf(request)));
  });
  const context = ({ req, res }: ExpressContextFunctionArgument): Promise<OperationContext> => {
    const actor = actorOf(req.headers.authorization);
    const { headers, method } = req;
    const trace = traces?.begin({ headers, method, actor, beganMs: performance.now() }) ?? null;
    const watch = trace === null ? undefined : new StatementsSeen(false, trace);
    const asked = { actor, serving: graph.current(), trace };
    return Promise.resolve(operationContext(asked, bounded(goneSignal(res)), watch));
  };
  // A person who opens it in a browser is shown the console.
  app.get('/graphql', (request, response, next) => {
    if (request.query['query'] === undefined && request.accepts(['json', 'html']) === 'html') response.redirect('/');
    else next();
  });
  // Requests of other forms ask nothing else than ordinary ones may.
  const admitted: RequestHandler = (request, _response, next) => {
    const { query = request.query['query'] } = (request.body ?? {}) as { query?: unknown };
    if (typeof query === 'string') persisted.textOf({ query, hash: null }, actorOf(request.headers.authorization));
    next();
  };
  app.all(
    '/graphql',
    requestBody(actorOf),
    admitted,
    answerStreamRoute(asking),
    expressMiddleware(apollo, { context }),
  );
  app.use('/variants', variantRoutes({ graph, asking, admitted: [...requestBody(actorOf), admitted], base: baseOf }));
  app.post('/subgraphs/:domain/:revision', requestBody(actorOf), subgraphRoute(graph, actorOf, logFault));
  app.use(
    '/',
    express.static(CONSOLE, { index: 'index.html', extensions: ['html'], dotfiles: 'ignore', maxAge: '1h' }),
  );
  app.use((_request, response) => {
    refuse(response, 404, 'NOT_FOUND', 'There is nothing at this address.');
  });
  app.use(lastWord(logger));

  await listening(http, config);
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  return {
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    close: async () => {
      await farewell.begin();
      const left = sockets.close();
      live.drain();
      await left;
      await farewell.end();
      await apollo.stop();
    },
  };
}

function shownToClient(formatted: GraphQLFormattedError, error: unknown, log: LogFault): GraphQLFormattedError {
  const { code, serviceName } = formatted.extensions ?? {};
  // From a subgraph: translated at its own border; or what Apollo says of a request that is not well formed.
  if (serviceName !== undefined || (code !== undefined && code !== 'INTERNAL_SERVER_ERROR')) return clipped(formatted);
  return error instanceof GraphQLError ? shownError(error, log) : formatted;
}

/** An empty name of an operation, which some clients send for none, would not be found. */
const emptyNameIsNone: ApolloServerPlugin = {
  requestDidStart: async ({ request }) => {
    if (request.operationName === '') delete request.operationName;
  },
};

/** A message may quote what was sent, which may be a megabyte. */
function clipped(formatted: GraphQLFormattedError): GraphQLFormattedError {
  const { stacktrace: _hidden, ...extensions } = formatted.extensions ?? {};
  const message = formatted.message.length > 500 ? `${formatted.message.slice(0, 500)}…` : formatted.message;
  return { ...formatted, message, extensions };
}

const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set(SECURITY_HEADERS);
  next();
};

function lastWord(logger: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) next(error);
    else if (error instanceof Refusal) refuse(response, REFUSALS[error.code].http, error.code, error.message);
    else refuseBody(response, error, logger);
  };
}

/** body-parser's errors say by their status what was wrong with the body; anything else is ours. */
function refuseBody(response: Response, error: unknown, logger: Logger): void {
  const status = typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 500;
  if (status === 413) refuse(response, status, 'BAD_INPUT', 'The body is too large.');
  else if (status >= 400 && status < 500) refuse(response, status, 'BAD_INPUT', 'The body cannot be read as JSON.');
  else {
    logger.error({ err: error }, 'a request failed');
    refuse(response, 500, 'INTERNAL', 'Something failed inside.');
  }
}

function refuse(response: Response, status: number, code: string, message: string): void {
  response.status(status).json({ errors: [{ message, extensions: { code } }] });
}

function listening(http: Server, { host, port }: GatewayConfig): Promise<void> {
  // A client that sends its headers or body drop by drop gives its place up.
  http.headersTimeout = 15_000;
  http.requestTimeout = 30_000;
  // Longer than load balancers hold one that is idle (60 s): else they would send on what is being closed.
  http.keepAliveTimeout = 65_000;
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, resolve);
  });
}
