import type { Logger } from 'pino';
import { boundedReading } from '../../schema/bounded-reading.ts';
import { openGaugesPool, readGauges } from '../../schema/ledger/gauges.ts';
import type { WorkerConfig } from '../config.ts';
import { duckdbPlaces } from '../engines/duckdb.ts';
import type { RunObserver } from '../refresh/observer.ts';
import { slotLags } from './slot-lags.ts';
import { openWorkerMetrics } from './worker-metrics.ts';
import { openWorkerServer } from './worker-server.ts';

/** What a worker tells of itself. */
export interface WorkerTelemetry {
  readonly observer: RunObserver;
  /** Asks sources what they keep of their logs. */
  lookAtSlots(deps: Parameters<typeof slotLags>[0]): Promise<void>;
  close(): Promise<void>;
}

/** Gauges of a scrape are of one moment, and scrapers that come together share it; Prometheus itself waits for ten seconds. */
const LEDGER_BOUNDS = { keptMs: 2_000, limitMs: 5_000 } as const;

/** Opens what the configuration asks for: nothing where it names no port. `isPolling`: whether the worker takes work from Temporal. */
export async function openWorkerTelemetry(
  { listen: { host, port }, databaseUrl }: Pick<WorkerConfig, 'listen' | 'databaseUrl'>,
  { log, isPolling }: { readonly log: Logger; readonly isPolling: () => boolean },
): Promise<WorkerTelemetry> {
  if (port === null) return { observer: NOBODY, lookAtSlots: () => Promise.resolve(), close: () => Promise.resolve() };
  const pool = openGaugesPool(databaseUrl);
  const ledger = boundedReading(() => readGauges(pool), LEDGER_BOUNDS);
  const metrics = openWorkerMetrics({ ledger, duckdb: duckdbPlaces });
  const readiness = async () => ({ temporal: isPolling(), ledger: (await ledger()) !== null });
  const server = await openWorkerServer({ host, port, registry: metrics.registry, readiness, log });
  log.info({ url: server.url }, 'listening for probes and Prometheus');
  return {
    observer: metrics.observer,
    lookAtSlots: async (deps) => metrics.slotLags(await slotLags(deps)),
    close: async () => {
      await Promise.all([server.close(), pool.end()]);
    },
  };
}

const NOBODY: RunObserver = { stageEnded: () => undefined, runEnded: () => undefined };
