import type { Logger } from 'pino';
import { openPool } from '../schema/ledger/connect.ts';
import { migrate } from '../schema/ledger/migrate.ts';
import { ensureRole, READER, roleUrl } from '../schema/ledger/roles.ts';
import type { OpenSubgraph, ReaderPools } from '../schema/reading.ts';
import type { OpenRegistered } from '../schema/registering.ts';
import { openSloStandings } from './usage/slo-standings.ts';
import { openCatalog } from './catalog/open-catalog.ts';
import type { GatewayConfig } from './config.ts';
import { judgedServer } from '../schema/allowed-hosts.ts';
import { checkedLookup } from '../schema/checked-lookup.ts';
import type { LogFault } from './execute/shown-error.ts';
import { openGraph } from './serving/graph.ts';
import { inTurn } from './in-turn.ts';
import { followKeys } from './keys/followed-keys.ts';
import { LiveOperations } from './live/live-operations.ts';
import { openMetrics } from './metrics.ts';
import { openPolicies } from './policies/open-policies.ts';
import { registerCatalog } from './publishing/register-catalog.ts';
import { openServer } from './door/server.ts';
import { openUsage } from './usage/open-usage.ts';

export interface GatewayDeps {
  readonly config: GatewayConfig;
  /** What makes products over SQL executable over the pools of a reading role. */
  readonly openSubgraphs: (pools: ReaderPools) => OpenSubgraph;
  /** What reads and checks registered products. */
  readonly openRegistered: OpenRegistered;
  readonly logger: Logger;
}

/** Opens everything that a gateway is made of and serves; `close` drains what is in flight and releases it in turn. */
export async function openGateway({ config, openSubgraphs, openRegistered, logger }: GatewayDeps): Promise<{
  readonly url: string;
  readonly close: () => Promise<void>;
}> {
  const policies = await openPolicies({
    path: config.policies,
    onFaults: (findings) =>
      logger.error({ findings }, 'the policies that lie at WEFT_POLICIES now cannot be read; those read before stay'),
  });
  // Catalog, publishes and reloads: a few short statements each.
  const ledger = openPool(config.databaseUrl, { name: 'weft gateway', max: 5 });
  await migrate(ledger);
  await ensureRole(ledger, config.databaseUrl, READER);
  const reader = roleUrl(config.databaseUrl, READER);
  // Four connections were faster than ten for short queries on two cores; as many slow ones leave Postgres its breath.
  const pools: ReaderPools = {
    quick: openPool(reader, { name: 'weft reader', max: 4 }),
    slow: openPool(reader, { name: 'weft slow reader', max: 4 }),
  };
  const metrics = openMetrics();
  // Its packages are loaded where they are wanted.
  const traces = config.traces && (await import('./traces/open-traces.ts')).openTraces(config.traces, logger);
  const logFault: LogFault = ({ reference, cause, path, traceId }) =>
    logger.error(
      { err: cause, reference, path: path.join('.'), ...(traceId !== undefined && { trace_id: traceId }) },
      'a resolver failed',
    );

  const writers = inTurn();
  const keys = await followKeys({
    ledger,
    databaseUrl: config.databaseUrl,
    onFault: (error) => logger.warn({ err: error }, 'the keys cannot be read; those that are known stay'),
  });
  await registerCatalog({ ledger, writers });
  const { secrets, temporalUi } = config;
  const { servers: registered, checkTables } = openRegistered({
    judge: (server) => judgedServer(server, config),
    lookup: checkedLookup(config),
    secrets,
    onState: (change) => logger.warn(change, 'the circuit breaker of a server of registered products moved'),
  });
  const graph = await openGraph({
    ledger,
    databaseUrl: config.databaseUrl,
    openSubgraph: openSubgraphs(pools),
    registered,
    openCatalog: (opened) =>
      openCatalog({
        ledger,
        writers,
        keys,
        graph: opened,
        hosts: config,
        policies,
        checkTables,
        usageDays: config.usageDays,
        variants: config.variants,
        temporalUi,
      }),
    hosts: config,
    answerCacheBytes: config.answerCacheBytes,
    variants: config.variants,
    costMax: config.costMax,
    onCostEstimate: metrics.estimated,
    logFault,
    logger,
    onSwap: (outcome) => {
      metrics.swapped(outcome);
      traces?.swapped(outcome);
      void live.review();
      if (outcome.failure === null) logger.info({ supergraph: outcome.supergraph }, 'supergraph swapped');
      else logger.error(outcome, 'the new supergraph does not load; the old one is served on');
    },
    onReloadFault: (error) => logger.warn({ err: error }, 'the ledger cannot be read; what is served stays'),
  });
  const usage = openUsage({
    ledger,
    beforeFlush: () => live.tellUse(),
    onFault: (error) => logger.warn({ err: error }, 'usage cannot be written; it is kept for the next time'),
  });
  const live = new LiveOperations({ graph, usage: usage.meter, logFault, max: config.subscriptionsMax });
  metrics.watch(graph, live, openSloStandings({ ledger, graph, logger }));
  const server = await openServer({
    config,
    keys,
    graph,
    live,
    usage: usage.meter,
    reads: usage.reads,
    metrics,
    logger,
    logFault,
    traces,
  });
  logger.info({ url: server.url, supergraph: graph.current().supergraph.id }, 'gateway serves');
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await Promise.all([keys.close(), usage.close()]);
      await graph.close();
      await Promise.all([traces?.close(), policies.close(), ledger.end(), pools.quick.end(), pools.slow.end()]);
    },
  };
}
