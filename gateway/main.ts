// Before anything of Apollo's loads: its gateway would report to outside hosts, and look for a cloud it might run in.
import './no-telemetry.ts';
import pino from 'pino';
import { onShutdown, ready } from '../schema/lifecycle.ts';
import { openSubgraph } from '../subgraphs/managed/open-subgraph.ts';
import { openRegistered } from '../subgraphs/registered/open-registered.ts';
import { gatewayConfig } from './config.ts';
import { openGateway } from './open-gateway.ts';

/** The gateway's composition root: reads the environment, hands the managed subgraphs in, serves until told to end. */
const gateway = await openGateway({
  config: gatewayConfig(process.env),
  openSubgraphs: openSubgraph,
  openRegistered,
  logger: pino({ name: 'gateway' }),
});
onShutdown(gateway.close);
ready();
