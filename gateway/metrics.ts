import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { ApolloServerPlugin } from '@apollo/server';
import { arrivedAt } from '../schema/ledger/datasets.ts';
import type { SloStanding } from './catalog/slos.ts';
import type { OperationContext } from './execute/context.ts';
import type { LiveOperations } from './live/live-operations.ts';
import type { Graph } from './serving/graph.ts';

/** What Prometheus reads at /metrics; names follow its conventions (base units, `_total`). */
export interface Metrics {
  readonly registry: Registry;
  readonly plugin: ApolloServerPlugin<OperationContext>;
  /** An operation that was answered past Apollo Server; `beganMs` is of `performance.now()`. */
  readonly answered: (operation: { type: 'query' | 'mutation'; outcome: 'ok' | 'error'; beganMs: number }) => void;
  /** The cost of an operation, where its limit or its plan was asked for. */
  readonly estimated: (cost: number) => void;
  readonly swapped: (outcome: { failure: string | null }) => void;
  /** Gauges that are read from the graph when they are asked for. */
  readonly watch: (graph: Graph, live: LiveOperations, slos: () => Promise<readonly SloStanding[]>) => void;
}

const BREAKER_STATES = { closed: 0, 'half open': 1, open: 2 } as const;

const COST_SHOWN_MAX = 1e9;

/** Metrics of one gateway, in a registry of their own. */
export function openMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'weft_operation_duration_seconds',
    help: 'Time from an operation’s arrival to its answer.',
    labelNames: ['type', 'outcome'] as const,
    // From what one indexed statement takes to what a client waits for.
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const cost = new Histogram({
    name: 'weft_operation_estimated_cost',
    help: 'Estimated cost of operations, of those that are limited by it or showed their plan.',
    // From a few objects to what no client waits for.
    buckets: [1, 10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000, 100_000, 1_000_000],
    registers,
  });
  const swaps = new Counter({
    name: 'weft_supergraph_swaps_total',
    help: 'Supergraphs that were put in place of another, and those that failed to load.',
    labelNames: ['outcome'] as const,
    registers,
  });
  return {
    registry,
    plugin: {
      requestDidStart: async () => {
        const end = duration.startTimer();
        return {
          willSendResponse: async ({ response, operation }) => {
            const failed = response.body.kind === 'single' && response.body.singleResult.errors !== undefined;
            end({ type: operation?.operation ?? 'none', outcome: failed ? 'error' : 'ok' });
          },
        };
      },
    },
    answered: ({ type, outcome, beganMs }) => duration.observe({ type, outcome }, (performance.now() - beganMs) / 1000),
    // One without end would hide the sum of all others.
    estimated: (estimate) => cost.observe(Math.min(estimate, COST_SHOWN_MAX)),
    swapped: ({ failure }) => swaps.inc({ outcome: failure === null ? 'ok' : 'failed' }),
    watch: (graph, live, slos) => {
      watchSlos(slos, registers);
      new Gauge({
        name: 'weft_subscriptions',
        help: 'GraphQL subscriptions under way.',
        registers,
        collect() {
          this.set(live.count);
        },
      });
      new Gauge({
        name: 'weft_supergraph_id',
        help: 'The supergraph that is served.',
        registers,
        collect() {
          this.set(graph.current().supergraph.id);
        },
      });
      new Gauge({
        name: 'weft_dataset_version',
        help: 'The version of the data that readers of a product see.',
        labelNames: ['product'] as const,
        registers,
        collect() {
          this.reset();
          for (const { productId, version } of graph.current().datasets.values())
            this.set({ product: productId }, version);
        },
      });
      new Gauge({
        name: 'weft_dataset_age_seconds',
        help: 'Age of the data that readers of a product see.',
        labelNames: ['product'] as const,
        registers,
        collect() {
          this.reset();
          for (const dataset of graph.current().datasets.values())
            this.set({ product: dataset.productId }, (Date.now() - arrivedAt(dataset).getTime()) / 1000);
        },
      });
      new Gauge({
        name: 'weft_remote_breaker_state',
        help: 'Whether a remote service is asked: 0 it is (closed), 1 one request tries it (half open), 2 it is not (open).',
        labelNames: ['service'] as const,
        registers,
        collect() {
          this.reset();
          for (const { name, state } of graph.remotes.states()) this.set({ service: name }, BREAKER_STATES[state]);
        },
      });
      new Gauge({
        name: 'weft_registered_breaker_state',
        help: 'Whether a server of registered products is connected to: 0 it is (closed), 1 one connection tries it (half open), 2 it is not (open).',
        labelNames: ['server'] as const,
        registers,
        collect() {
          this.reset();
          for (const { name, state } of graph.registered.states()) this.set({ server: name }, BREAKER_STATES[state]);
        },
      });
      new Counter({
        name: 'weft_remote_requests_total',
        help: 'Requests to a remote service: answered, failed, refused by its circuit breaker; besides, those sent twice (retried) and those that shared the answer of another.',
        labelNames: ['service', 'outcome'] as const,
        registers,
        collect() {
          this.reset();
          for (const { name, tally } of graph.remotes.states())
            for (const [outcome, times] of Object.entries(tally)) this.inc({ service: name, outcome }, times);
        },
      });
    },
  };
}

/** What is told of each promise; nothing where nothing was measured. */
const SLO_GAUGES = [
  ['weft_slo_within_objective', 'Whether a promise of a product is kept (1) or not (0).', 'withinObjective'],
  ['weft_slo_compliance_ratio', 'The share of the last 30 days that was as promised.', 'compliance'],
  ['weft_slo_error_budget_left_ratio', 'The share that is left of the error budget of 30 days.', 'left'],
] as const;

function watchSlos(slos: () => Promise<readonly SloStanding[]>, registers: Registry[]): void {
  for (const [name, help, field] of SLO_GAUGES)
    new Gauge({
      name,
      help,
      labelNames: ['product', 'property'] as const,
      registers,
      async collect() {
        this.reset();
        for (const { product, property, [field]: value } of await slos())
          if (value !== null) this.set({ product, property }, Number(value));
      },
    });
}
