import type { OpenRegistered } from '../../schema/registering.ts';
import { openSubgraph } from '../managed/open-subgraph.ts';
import { tablesCheck } from './check-tables.ts';
import { openRegisteredServers } from './registered-servers.ts';

/** Registered products: their servers, read by the same SQL as managed ones, and the check of their tables. */
export const openRegistered: OpenRegistered = (deps) => ({
  servers: openRegisteredServers({ ...deps, openSubgraphs: openSubgraph }),
  checkTables: tablesCheck(deps),
});
