// Before anything of Apollo's loads: its gateway would report to outside hosts, and look for a cloud it might run in.
import './no-telemetry.ts';
import pino from 'pino';
import { openPool } from '../schema/ledger/connect.ts';
import { migrate } from '../schema/ledger/migrate.ts';
import { ensureRole, READER, roleUrl } from '../schema/ledger/roles.ts';
import { onShutdown, ready } from '../schema/lifecycle.ts';
import { openSubgraph } from '../subgraphs/managed/open-subgraph.ts';
import { openCatalog } from './catalog/open-catalog.ts';
import { gatewayConfig } from './config.ts';
import type { LogFault } from './execute/shown-error.ts';
import { openGraph } from './graph.ts';
import { openMetrics } from './metrics.ts';
import { registerCatalog } from './register-catalog.ts';
import { openServer } from './server.ts';

/** The gateway's composition root: the only place of this process that knows everyone. */
const logger = pino({ name: 'gateway' });
const config = gatewayConfig(process.env);
// Catalog, publishes and reloads: a few short statements each.
const ledger = openPool(config.databaseUrl, { name: 'weft gateway', max: 5 });
await migrate(ledger);
await ensureRole(ledger, config.databaseUrl, READER);
// Four connections were faster than ten for short queries on two cores; eight leave room for slow ones beside.
const productPool = openPool(roleUrl(config.databaseUrl, READER), { name: 'weft reader', max: 8 });
const metrics = openMetrics();
const logFault: LogFault = ({ reference, cause, path }) =>
  logger.error({ err: cause, reference, path: path.join('.') }, 'a resolver failed');

await registerCatalog(ledger);
const graph = await openGraph({
  ledger,
  databaseUrl: config.databaseUrl,
  openSubgraph: openSubgraph(productPool),
  openCatalog: (opened) => openCatalog({ ledger, graph: opened, hosts: config, temporalUi: config.temporalUi }),
  hosts: config,
  logFault,
  onSwap: (outcome) => {
    metrics.swapped(outcome);
    if (outcome.failure === null) logger.info({ supergraph: outcome.supergraph }, 'supergraph swapped');
    else logger.error(outcome, 'the new supergraph does not load; the old one is served on');
  },
  onReloadFault: (error) => logger.warn({ err: error }, 'the ledger cannot be read; what is served stays'),
});
metrics.watch(graph);
const server = await openServer({ config, graph, metrics, logger, logFault });
logger.info({ url: server.url, supergraph: graph.current().supergraph.id }, 'gateway serves');

onShutdown(async () => {
  await server.close();
  await graph.close();
  await Promise.all([ledger.end(), productPool.end()]);
});
ready();
