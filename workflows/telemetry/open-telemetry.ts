import type { Logger } from 'pino';
import { boundedReading } from '../../schema/bounded-reading.ts';
import type { RunId } from '../../schema/ids.ts';
import { openGaugesPool, readGauges } from '../../schema/ledger/gauges.ts';
import type { WorkerConfig } from '../config.ts';
import { duckdbPlaces } from '../engines/duckdb.ts';
import type { RunObserver } from '../refresh/observer.ts';
import { slotLags } from './slot-lags.ts';
import { openWorkerMetrics, type WorkerMetrics } from './worker-metrics.ts';
import { openWorkerServer } from './worker-server.ts';

/** What a worker tells of itself. */
export interface WorkerTelemetry {
  readonly observer: RunObserver;
  /** The `traceparent` of a run that nobody's trace asked for; null where traces are off. */
  readonly ownTrace: (run: RunId) => string | null;
  /** Asks sources what they keep of their logs. */
  lookAtSlots(deps: Parameters<typeof slotLags>[0]): Promise<void>;
  close(): Promise<void>;
}

type Config = Pick<WorkerConfig, 'listen' | 'databaseUrl' | 'traces'>;

interface Deps {
  readonly log: Logger;
  /** Whether the worker takes work from Temporal. */
  readonly isPolling: () => boolean;
}

/** Gauges of a scrape are of one moment, and scrapers that come together share it; Prometheus itself waits for ten seconds. */
const LEDGER_BOUNDS = { keptMs: 2_000, limitMs: 5_000 } as const;

/** Opens what the configuration asks for: metrics where it names a port, traces where it names a receiver. */
export async function openWorkerTelemetry(config: Config, deps: Deps): Promise<WorkerTelemetry> {
  const { listen, traces } = config;
  const measured = listen.port === null ? null : await openMetrics({ ...config, port: listen.port }, deps);
  // Its packages take some MB: a worker that makes no traces goes without.
  const traced = traces && (await import('./run-spans.ts')).openRunSpans(traces, deps.log);
  const observers = [measured?.metrics.observer, traced?.observer].filter((one) => one !== undefined);
  const tell = (what: (observer: RunObserver) => void): void => {
    try {
      observers.forEach(what);
    } catch (error) {
      // No run shall fail of being watched.
      deps.log.warn({ err: error }, 'what a run came to could not be told');
    }
  };
  return {
    observer: {
      stageEnded: (ended) => tell((observer) => observer.stageEnded(ended)),
      runEnded: (ended) => tell((observer) => observer.runEnded(ended)),
    },
    ownTrace: (run) => traced?.ownTrace(run) ?? null,
    lookAtSlots: async (asking) => {
      if (measured !== null) measured.metrics.slotLags(await slotLags(asking));
    },
    close: async () => {
      await Promise.all([measured?.close(), traced?.close()]);
    },
  };
}

async function openMetrics(
  { listen: { host }, port, databaseUrl }: Config & { readonly port: number },
  { log, isPolling }: Deps,
): Promise<{ readonly metrics: WorkerMetrics; readonly close: () => Promise<void> }> {
  const pool = openGaugesPool(databaseUrl);
  const ledger = boundedReading(() => readGauges(pool), LEDGER_BOUNDS);
  const metrics = openWorkerMetrics({ ledger, duckdb: duckdbPlaces });
  const readiness = async () => ({ temporal: isPolling(), ledger: (await ledger()) !== null });
  const server = await openWorkerServer({ host, port, registry: metrics.registry, readiness, log });
  log.info({ url: server.url }, 'listening for probes and Prometheus');
  const close = async () => {
    await Promise.all([server.close(), pool.end()]);
  };
  return { metrics, close };
}
