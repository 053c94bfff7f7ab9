import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { domainOf, type DomainId, type RunId } from '../schema/ids.ts';
import { openPool, transaction } from '../schema/ledger/connect.ts';
import { keepLineageReceivers } from '../schema/ledger/lineage-receivers.ts';
import { cleanAlerts, cleanTellings } from '../schema/ledger/alerts.ts';
import { listen } from '../schema/ledger/listen.ts';
import { migrate } from '../schema/ledger/migrate.ts';
import { allProducts } from '../schema/ledger/products.ts';
import { ensureRole, READER, roleUrl } from '../schema/ledger/roles.ts';
import { cleanBreaches } from '../schema/ledger/slos.ts';
import { onShutdown, ready } from '../schema/lifecycle.ts';
import { workflowUrl } from '../schema/temporal-ui.ts';
import { openSubgraph } from '../subgraphs/managed/open-subgraph.ts';
import { platformActivities, stageActivities } from './border.ts';
import { workflowBundle } from './bundle.ts';
import { clearBackfills } from './backfill/merge-slices.ts';
import { clearRetired } from './clear-retired.ts';
import { readConfig } from './config.ts';
import { crashAt } from './crash.ts';
import { sparkOf } from './engines/spark/open-spark.ts';
import { startDueDeliveries } from './deliver/start-deliveries.ts';
import { keepRunning, type KeptWorker } from './keep-running.ts';
import { domainQueue, PLATFORM_QUEUE, refreshWorkflowId } from './names.ts';
import { openAlertSender } from './notify/alert-sender.ts';
import type { AlertDeps } from './notify/alerts.ts';
import { clearSent, openDeliveries } from './notify/deliver.ts';
import { lineageReceivers, openLineageSenders } from './notify/open-lineage.ts';
import { openPost } from './notify/post.ts';
import {
  reconcileAlerts,
  reconcileBackfills,
  reconcilePauses,
  reconcileRuns,
  reconcileSchedules,
  reconcileTimers,
  reconcileUpstream,
} from './reconcile.ts';
import { clearForsaken } from './refresh/end.ts';
import type { RefreshDeps } from './refresh/stage.ts';
import { releaseSources } from './release-sources.ts';
import { encryptedBy } from './payloads/encrypted.ts';
import { relayEvents } from './relay.ts';
import { retireDue } from './retire-due.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import { judgeRetention } from './slo/judge-retention.ts';
import { openWorkerTelemetry } from './telemetry/open-telemetry.ts';
import { temporalMetrics } from './telemetry/temporal-metrics.ts';
import { temporalLogger } from './temporal-logger.ts';

/** How often the outbox is looked at without a hint: an event that was put off waits this much longer at most. */
const POLL_MS = 1_000;
/** How often open runs are held against Temporal's: what this finds was lost with a database or ended by hand. */
const RECONCILE_MS = 30_000;
/** How often data is looked for whose retention has ended: nobody waits for it to go. */
const CLEAR_MS = 600_000;
/** How often it is looked for products whose announced time has come: a day is what people announce. */
const RETIRE_MS = 30_000;
/** How often it is looked for what is to be sent outside: a message comes this much later at most. */
const DELIVER_MS = 1_000;
/** How often sources are asked what they keep of their logs: disks fill in hours, and each asking is a connection. */
const LAG_MS = 60_000;
/** A stage that is called off has this long to let go; the whole stop must take less than 10 s. */
const GRACE = '5s';
const config = readConfig(process.env);
const log = pino({ level: config.logLevel, base: { process: 'worker' } });
const stopping = new AbortController();
// Each thing that is looked after again and again waits for it.
setMaxListeners(32, stopping.signal);
const workers = new Map<string, KeptWorker>();

Runtime.install({
  logger: temporalLogger(log),
  shutdownSignals: [],
  telemetryOptions: { logging: { forward: {}, filter: 'WARN' }, ...temporalMetrics(config.listen) },
});
const scratch = join(config.home, 'tmp', `worker-${process.pid}`);
// In a container each worker has the same id, and would never find its former self gone.
await rm(scratch, { recursive: true, force: true });
await mkdir(scratch, { recursive: true, mode: 0o700 });
const pool = openPool(config.databaseUrl, { name: 'weft worker', max: 12 });
// Few runs have operations to ask, and each asks one at a time.
const readers = {
  quick: openPool(roleUrl(config.databaseUrl, READER), { name: 'weft audit', max: 2 }),
  slow: openPool(roleUrl(config.databaseUrl, READER), { name: 'weft slow audit', max: 2 }),
};
const telemetry = await openWorkerTelemetry(config, {
  log,
  isPolling: () => !stopping.signal.aborted && workers.get(PLATFORM_QUEUE)?.isRunning() === true,
});
const deps: RefreshDeps = {
  pool,
  databaseUrl: config.databaseUrl,
  roots: config.roots,
  hosts: config.hosts,
  deliveryRoots: config.deliveryRoots,
  secrets: config.secrets,
  connectors: config.connectors,
  scratch,
  duckdb: config.duckdb,
  spark: sparkOf(config.spark, config.secrets),
  sparkDatabase: config.sparkDatabase,
  openSubgraph: openSubgraph(readers),
  observer: telemetry.observer,
  ownTrace: telemetry.ownTrace,
  crash: crashAt(config.crash),
  newRunId: () => randomUUID() as RunId,
};
const openLineage = openLineageSenders(config.openLineage, { pool, secrets: config.secrets });
const alerts: AlertDeps = {
  operators: config.operators.channels,
  escalateAfterMs: config.escalateAfterMs,
  runLink: (id) =>
    config.temporalUi === null
      ? null
      : workflowUrl({ url: config.temporalUi, namespace: config.temporal.namespace }, refreshWorkflowId(id)),
};
const post = openPost(config.hosts);
// A sender for each kind of channel: what none is there for waits for a worker that has one.
const senders = { ...openLineage.senders, alert: openAlertSender({ ...config, post }) };
const deliveries = openDeliveries({ pool, log, senders });
let listening: ReturnType<typeof listen> | null = null;

onShutdown(async () => {
  log.info('stopping');
  stopping.abort();
  await listening?.stop();
  await Promise.all([...[...workers.values()].map((worker) => worker.stop()), deliveries.stop()]);
  await Promise.all([
    telemetry.close(),
    openLineage.close(),
    post.close(),
    pool.end(),
    readers.quick.end(),
    readers.slow.end(),
  ]);
  await rm(scratch, { recursive: true, force: true });
});

await removeForgotten(join(config.home, 'tmp'));
const [bundlePath] = await Promise.all([
  workflowBundle(config.home, { encrypted: config.codec !== null }),
  persist('preparing the ledger', async () => {
    await migrate(pool);
    await ensureRole(pool, config.databaseUrl, READER);
    await transaction(pool, (trx) => keepLineageReceivers(trx, lineageReceivers(config.openLineage)));
  }),
]);
const native = await persist('connecting to Temporal', () =>
  NativeConnection.connect({ address: config.temporal.address }),
);
const connection = Connection.lazy({ address: config.temporal.address });
const converter = config.codec === null ? {} : { dataConverter: encryptedBy(config.codec) };
const client = new Client({ connection, namespace: config.temporal.namespace, ...converter });
await persist('registering search attributes', () => registerSearchAttributes(connection, config.temporal.namespace));

const shared = {
  ...converter,
  connection: native,
  namespace: config.temporal.namespace,
  shutdownGraceTime: GRACE,
  shutdownForceTime: '8s',
  maxHeartbeatThrottleInterval: '2s',
} as const;
const platform = keepRunning('platform', log, () =>
  Worker.create({
    ...shared,
    taskQueue: PLATFORM_QUEUE,
    workflowBundle: { codePath: bundlePath },
    activities: platformActivities({ ...deps, alerts }),
    // Longer, and after a kill -9 the next step waits for the dead worker's own queue.
    stickyQueueScheduleToStartTimeout: '1s',
    // One thread holds hundreds of small workflows; each more costs 20 MB.
    workflowThreadPoolSize: 1,
    maxCachedWorkflows: 200,
  }),
);
workers.set(PLATFORM_QUEUE, platform);
const { newRunId, observer } = deps;
const relay = { pool, databaseUrl: config.databaseUrl, client, log, newRunId, observer, alerts };
listening = listen(config.databaseUrl, {
  name: 'weft relay',
  pollMs: POLL_MS,
  onHint: async () => {
    await startDomainWorkers();
    await relayEvents(relay, stopping.signal);
    await startDueDeliveries(relay);
  },
  onFault: (error) => log.warn({ err: error }, 'the outbox could not be read'),
});
void reconcile();
void every(CLEAR_MS, 'the data of retired products', () => clearRetired(relay));
void every(CLEAR_MS, 'what must be kept', () => judgeRetention(relay));
void every(CLEAR_MS, 'what failed runs left', () => clearForsaken(pool, 'expired'));
void every(CLEAR_MS, 'what backfills left', () => clearBackfills(pool));
void every(CLEAR_MS, 'what sources keep for nobody', () => releaseSources({ ...deps, log, signal: stopping.signal }));
// The usual length of runs moves the start of those whose data shall be there at a time.
void every(CLEAR_MS, 'schedules', () => reconcileSchedules(relay));
void every(DELIVER_MS, 'deliveries', () => deliveries.look());
void every(CLEAR_MS, 'what was delivered', () => clearSent(pool));
void every(CLEAR_MS, 'what channels were told', () => cleanTellings(pool));
void every(CLEAR_MS, 'what was wrong long ago', () => Promise.all([cleanAlerts(pool), cleanBreaches(pool)]));
void every(LAG_MS, 'what sources keep of their logs', () =>
  telemetry.lookAtSlots({ ...deps, signal: stopping.signal }),
);
void every(RETIRE_MS, 'announced retirements', () => retireDue({ ...relay, usageDays: config.usageDays }));
await platform.polling;
log.info({ temporal: config.temporal.address }, 'ready');
ready();

/** A domain's first product brings its queue: every worker process takes from it. */
async function startDomainWorkers(): Promise<void> {
  const products = await allProducts(pool);
  const domains = new Set<DomainId>(products.filter(({ kind }) => kind === 'managed').map(({ id }) => domainOf(id)));
  for (const domain of domains) {
    const taskQueue = domainQueue(domain);
    if (workers.has(taskQueue) || stopping.signal.aborted) continue;
    log.info({ domain }, 'a domain worker starts');
    workers.set(
      taskQueue,
      keepRunning(taskQueue, log, () =>
        Worker.create({
          ...shared,
          taskQueue,
          activities: stageActivities(deps),
          maxConcurrentActivityTaskExecutions: config.stagesAtOnce(domain),
        }),
      ),
    );
  }
}

async function reconcile(): Promise<void> {
  await persist('keeping schedules', () => reconcileSchedules(relay));
  await persist('keeping timers', () => reconcileTimers(relay));
  await persist('keeping alerts', () => reconcileAlerts(relay));
  void every(RECONCILE_MS, 'schedules paused by hand', () => reconcilePauses(relay));
  void every(RECONCILE_MS, 'backfills', () => reconcileBackfills(relay));
  void every(RECONCILE_MS, 'runs that are due', () => reconcileUpstream(relay));
  await every(RECONCILE_MS, 'open runs', () => reconcileRuns(relay));
}

/** Looks after something again and again, until the worker stops. */
async function every(pauseMs: number, what: string, look: () => Promise<unknown>): Promise<void> {
  while (!stopping.signal.aborted) {
    await look().catch((error: unknown) => log.warn({ err: error }, `${what} could not be looked after`));
    await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
  }
}

/** Does it until it succeeds, with pauses of up to 5 s: a server that is away comes back. */
async function persist<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
  for (let pauseMs = 200; ; pauseMs = Math.min(pauseMs * 2, 5_000)) {
    try {
      return await act();
    } catch (error) {
      if (stopping.signal.aborted) throw error;
      log.warn({ err: error }, `${what} failed; it is tried again`);
      await sleep(pauseMs, undefined, { signal: stopping.signal });
    }
  }
}

/** Scratch folders of workers that were killed. */
async function removeForgotten(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(/^worker-(\d+)$/.exec(name)?.[1]);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
