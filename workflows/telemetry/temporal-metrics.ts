import type { TelemetryOptions } from '@temporalio/worker';
import type { WorkerConfig } from '../config.ts';

/** The metrics of Temporal's SDK, which it serves itself, named as Prometheus has names; none where no port is said. */
export function temporalMetrics({
  host,
  temporalMetrics: port,
}: WorkerConfig['listen']): Pick<TelemetryOptions, 'metrics'> {
  if (port === null) return {};
  const bindAddress = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const named = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true };
  return { metrics: { prometheus: { bindAddress, ...named } } };
}
