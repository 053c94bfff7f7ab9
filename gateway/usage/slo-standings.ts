import type { Logger } from 'pino';
import { boundedReading } from '../../schema/bounded-reading.ts';
import type { Pool } from '../../schema/ledger/connect.ts';
import { openLoaders } from '../catalog/loaders.ts';
import { sloStandings, type SloStanding } from '../catalog/slos.ts';
import type { Graph } from '../serving/graph.ts';

/** Who asks again within this is told the same: a scrape asks three times, and what is measured over 30 days moves slowly. */
const KEPT_MS = 15_000;
/** Prometheus gives a target ten seconds: one that is told half in time is told more than one that is told nothing. */
const LIMIT_MS = 5_000;
/** More would be more than Prometheus wants of one target. */
const PRODUCTS_MAX = 1_000;

/** How the products that are served keep what they promise; none while the ledger is out of reach. */
export function openSloStandings({
  ledger,
  graph,
  logger,
}: {
  readonly ledger: Pool;
  readonly graph: Graph;
  readonly logger: Logger;
}): () => Promise<readonly SloStanding[]> {
  const read = async (): Promise<readonly SloStanding[]> => {
    const loaders = openLoaders(ledger, (ids) => Promise.resolve(ids.map(() => null)));
    try {
      const ids = [...graph.current().mesh.products.keys()].slice(0, PRODUCTS_MAX);
      return await sloStandings({ graph, ledger, loaders }, ids);
    } catch (error) {
      logger.warn({ err: error }, 'how promises are kept cannot be read; metrics go without');
      return [];
    }
  };
  const ask = boundedReading(read, { keptMs: KEPT_MS, limitMs: LIMIT_MS });
  return async () => (await ask()) ?? [];
}
