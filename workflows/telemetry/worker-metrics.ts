import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { domainOf, type ProductId } from '../../schema/ids.ts';
import { type LedgerGauges, PRODUCTS_MAX } from '../../schema/ledger/gauges.ts';
import type { Stage } from '../../schema/run.ts';
import type { RunObserver } from '../refresh/observer.ts';
import { watchLedger } from './ledger-gauges.ts';
import type { SlotLag } from './slot-lags.ts';

/** What Prometheus reads of a worker at /metrics; names follow its conventions (base units, `_total`). */
export interface WorkerMetrics {
  readonly registry: Registry;
  /** Counts what stages and runs come to here. */
  readonly observer: RunObserver;
  /** What sources hold of their logs for us, as it was last seen. */
  readonly slotLags: (lags: readonly SlotLag[]) => void;
}

/** Which stages tell how many rows of each kind, and by which name in their details. */
const ROWS: readonly { kind: 'landed' | 'rejected' | 'published'; name: string; stages: readonly Stage[] }[] = [
  { kind: 'landed', name: 'rowsLanded', stages: ['land'] },
  { kind: 'rejected', name: 'rowsRejected', stages: ['land', 'transform'] },
  { kind: 'published', name: 'rows', stages: ['publish'] },
];

/** Metrics of one worker, in a registry of their own. */
export function openWorkerMetrics(watched: {
  /** As the ledger has it; null where it cannot be read now. */
  readonly ledger: () => Promise<LedgerGauges | null>;
  readonly duckdb: () => { readonly running: number; readonly waiting: number };
}): WorkerMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const runs = new Counter({
    name: 'weft_runs_ended_total',
    help: 'Runs that ended in this worker: succeeded, failed or cancelled.',
    labelNames: ['domain', 'product', 'outcome'] as const,
    registers,
  });
  const stages = new Histogram({
    name: 'weft_stage_duration_seconds',
    help: 'Time of attempts at a stage: done, refused, failed (by a fault), outage (of the database), stopped.',
    labelNames: ['stage', 'outcome'] as const,
    // From a small table to what is read through a night.
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 14_400],
    registers,
  });
  const rows = new Counter({
    name: 'weft_rows_total',
    help: 'Rows that this worker landed, rejected and published.',
    labelNames: ['domain', 'product', 'kind'] as const,
    registers,
  });
  const lag = new Gauge({
    name: 'weft_replication_slot_lag_bytes',
    help: 'How much of its log a source’s server holds for a product that reads only what changed.',
    labelNames: ['product', 'object'] as const,
    registers,
  });
  new Gauge({
    name: 'weft_duckdb_places',
    help: 'Work in DuckDB that has a place in this worker (running), and that has none yet (waiting).',
    labelNames: ['state'] as const,
    registers,
    collect() {
      for (const [state, count] of Object.entries(watched.duckdb())) this.set({ state }, count);
    },
  });
  watchLedger(watched.ledger, registers);
  const labelsOf = boundedLabels();
  return {
    registry,
    observer: {
      stageEnded: ({ ref: { productId }, stage, startedAt, outcome, detail }) => {
        stages.observe({ stage, outcome }, Math.max(0, Date.now() - startedAt.getTime()) / 1000);
        if (detail === null) return;
        for (const { kind, name, stages: telling } of ROWS)
          if (telling.includes(stage)) rows.inc({ ...labelsOf(productId), kind }, Number(detail[name] ?? 0));
      },
      runEnded: ({ run: { productId }, outcome }) => runs.inc({ ...labelsOf(productId), outcome }),
    },
    slotLags: (lags) => {
      lag.reset();
      for (const { product, object, bytes } of lags.slice(0, PRODUCTS_MAX)) lag.set({ product, object }, bytes);
    },
  };
}

/** Products beyond the first thousand that this process saw are counted together: a registry keeps what it had once for good. */
function boundedLabels(): (id: ProductId) => { domain: string; product: string } {
  const known = new Set<ProductId>();
  return (id) => {
    if (known.size < PRODUCTS_MAX) known.add(id);
    return known.has(id) ? { domain: domainOf(id), product: id } : { domain: 'other', product: 'other' };
  };
}
