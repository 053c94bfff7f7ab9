import { appendFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Wire, wireTo } from '../../faults/wire.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { freePorts } from '../../testkit/free-port.ts';
import { testTemporal } from '../../testkit/temporal.ts';
import { plainPublish } from '../plain-publish.ts';
import { smallProduct } from '../small-product.ts';
import { answerBeside, startWorker, type WorkerProcess } from '../worker-process.ts';

let database: TestDatabase;
let wire: Wire;
let worker: WorkerProcess;
let url: string;
let temporalPort: number;

beforeAll(async () => {
  database = await cloneDatabase();
  const over = new URL(database.url);
  wire = await wireTo(Number(over.port));
  over.port = String(wire.port);
  [temporalPort] = (await freePorts(1)) as [number];
  worker = await startWorker({
    databaseUrl: over.href,
    temporal: await testTemporal(),
    home: await mkdtemp(join(tmpdir(), 'weft-metrics-')),
    env: { WEFT_WORKER_PORT: '0', WEFT_TEMPORAL_METRICS_PORT: String(temporalPort) },
  });
  url = await eventually(() => /"url":"(http:[^"]+)"/.exec(worker.output())?.[1]);
}, 120_000);

afterAll(async () => {
  wire.mend();
  await worker.stop();
  await wire.close();
  await database.drop();
}, 60_000);

function eventually<Value>(ask: () => Promise<Value | null | false | undefined> | Value | undefined): Promise<Value> {
  return answerBeside(worker, async () => ask());
}

async function scrape(): Promise<string> {
  const answer = await fetch(`${url}/metrics`);
  expect(answer.headers.get('content-type')).toMatch('text/plain');
  return answer.text();
}

/** The samples of a metric, without what comes of the process. */
function samples(text: string, name: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'));
}

test('a scrape after a run shows what it came to, its stages, its rows, and how old its data is', async () => {
  const folder = await smallProduct({
    content: 'id\n1\n2\nthree\n',
    source: ['{ name: id, logicalType: integer, required: true }'],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'],
    sla: ['{ property: freshness, value: 1, unit: d }'],
    rejectedShareAllowed: 0.5,
  });
  await plainPublish(database.pool, folder);
  const seen = await eventually(async () => {
    const text = await scrape();
    return text.includes('weft_dataset_late{') && text.includes('weft_runs_ended_total{') && text;
  });
  const of = `domain="trial",product="trial/things"`;
  expect(samples(seen, 'weft_runs_ended_total')).toEqual([`weft_runs_ended_total{${of},outcome="succeeded"} 1`]);
  expect(samples(seen, 'weft_rows_total')).toEqual([
    `weft_rows_total{${of},kind="landed"} 2`,
    `weft_rows_total{${of},kind="rejected"} 1`,
    `weft_rows_total{${of},kind="published"} 2`,
  ]);
  for (const stage of ['extract', 'land', 'transform', 'audit', 'publish', 'announce'])
    expect(seen).toContain(`weft_stage_duration_seconds_count{stage="${stage}",outcome="done"} 1`);
  expect(seen).toMatch(/weft_dataset_age_seconds{product="trial\/things"} [\d.]+\n/);
  expect(seen).toContain('weft_dataset_late{product="trial/things"} 0');
  expect(seen).toContain('weft_duckdb_places{state="waiting"} 0');
  expect(seen).toContain('weft_deliveries_waiting{channel="destination"} 0');
  expect(seen).toContain('weft_ledger_up 1');
  expect(seen).toMatch(/^weft_outbox_events \d+$/m);
  expect(seen).toContain('process_resident_memory_bytes');

  await appendFile(join(folder, 'things.csv'), 'four\nfive\nsix\n');
  await plainPublish(database.pool, folder);
  const failed = await eventually(async () => {
    const text = await scrape();
    return text.includes('outcome="failed"') && text;
  });
  expect(failed).toContain(`weft_runs_ended_total{${of},outcome="failed"} 1`);
  expect(failed).toContain('weft_stage_duration_seconds_count{stage="land",outcome="refused"} 1');
}, 60_000);

test('probes say that it lives and is ready, and Temporal’s SDK has its own metrics', async () => {
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ alive: true });
  expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ ready: true, temporal: true, ledger: true });
  expect((await fetch(`${url}/else`)).status).toBe(404);
  expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(404);
  const sdk = await (await fetch(`http://127.0.0.1:${temporalPort}/metrics`)).text();
  expect(sdk).toContain('temporal_worker_task_slots_available');
});

test('scrapes while Postgres hangs answer with what the process knows, and are whole again after', async () => {
  wire.cut();
  const without = await eventually(async () => {
    const [one, other] = await Promise.all([scrape(), scrape()]);
    return one.includes('weft_ledger_up 0') && other.includes('weft_ledger_up 0') && one;
  });
  expect(samples(without, 'weft_dataset_age_seconds')).toEqual([]);
  expect(samples(without, 'weft_outbox_events')).toEqual([]);
  expect(samples(without, 'weft_runs_ended_total')).toHaveLength(2);
  const readyz = await fetch(`${url}/readyz`);
  expect(readyz.status).toBe(503);
  expect(await readyz.json()).toEqual({ ready: false, temporal: true, ledger: false });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  wire.mend();
  await eventually(async () => (await scrape()).includes('weft_dataset_age_seconds{'));
}, 60_000);
