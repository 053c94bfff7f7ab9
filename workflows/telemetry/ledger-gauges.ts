import { Gauge, type Registry } from 'prom-client';
import type { LedgerGauges } from '../../schema/ledger/gauges.ts';

type Labels = Readonly<Record<string, string>>;

interface LedgerGauge {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly of: (gauges: LedgerGauges) => Iterable<readonly [Labels, number]>;
}

/** What is read of the ledger: the same in every worker, so that one is enough to ask (`max by`). */
const GAUGES: readonly LedgerGauge[] = [
  {
    name: 'weft_runs',
    help: 'Runs that wait (queued) and that are under way (running).',
    labels: ['domain', 'phase'],
    of: ({ runs }) => runs.map(({ domain, phase, count }) => [{ domain, phase }, count]),
  },
  {
    name: 'weft_runs_oldest_seconds',
    help: 'Since when the oldest of them is asked for.',
    labels: ['domain', 'phase'],
    of: ({ runs }) => runs.map(({ domain, phase, oldest }) => [{ domain, phase }, oldest]),
  },
  {
    name: 'weft_dataset_age_seconds',
    help: 'Age of the data that readers of a product see.',
    labels: ['product'],
    of: ({ datasets }) => datasets.map(({ product, age }) => [{ product }, age]),
  },
  {
    name: 'weft_dataset_late',
    help: 'Whether data is later than its contract promises (1) or not (0); of products that promise a time.',
    labels: ['product'],
    of: ({ datasets }) =>
      datasets.flatMap(({ product, late }) => (late === null ? [] : [[{ product }, Number(late)] as const])),
  },
  {
    name: 'weft_deliveries_waiting',
    help: 'What is to be told outside, by how it is sent, and versions that are owed to destinations.',
    labels: ['channel'],
    of: ({ deliveries }) => deliveries.map(({ channel, waiting }) => [{ channel }, waiting]),
  },
  {
    name: 'weft_deliveries_failed',
    help: 'Messages that were given up in the last days, and destinations whose last attempt failed.',
    labels: ['channel'],
    of: ({ deliveries }) => deliveries.map(({ channel, failed }) => [{ channel }, failed]),
  },
  {
    name: 'weft_deliveries_oldest_seconds',
    help: 'Since when the oldest of those that wait is to be sent.',
    labels: ['channel'],
    of: ({ deliveries }) => deliveries.map(({ channel, oldest }) => [{ channel }, oldest ?? 0]),
  },
  {
    name: 'weft_outbox_events',
    help: 'Events of the outbox that nobody has acted on.',
    labels: [],
    of: ({ outbox }) => [[{}, outbox.waiting]],
  },
  {
    name: 'weft_outbox_oldest_seconds',
    help: 'Age of the oldest of them.',
    labels: [],
    of: ({ outbox }) => [[{}, outbox.oldest]],
  },
];

/** Gauges that are read from the ledger when they are asked for; all but `weft_ledger_up` are missing while it does not answer. */
export function watchLedger(read: () => Promise<LedgerGauges | null>, registers: Registry[]): void {
  new Gauge({
    name: 'weft_ledger_up',
    help: 'Whether the ledger answered this worker in time.',
    registers,
    async collect() {
      this.set(Number((await read()) !== null));
    },
  });
  for (const { name, help, labels, of } of GAUGES)
    new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers,
      async collect() {
        const gauges = await read();
        this.reset();
        // Without labels, reset is zero, and what is not known is no zero.
        if (labels.length === 0) this.remove();
        for (const [labelled, value] of gauges === null ? [] : of(gauges)) this.set(labelled, value);
      },
    });
}
