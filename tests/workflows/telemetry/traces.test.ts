import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ProductId, RunId } from '../../../schema/ids.ts';
import { transaction } from '../../../schema/ledger/connect.ts';
import { requestRun, requireRun, type RunRow } from '../../../schema/ledger/runs.ts';
import { STAGES } from '../../../schema/run.ts';
import { gatewayHere, type GatewayHere, KEY } from '../../gateway/gateway-here.ts';
import { ended } from '../../gateway/remote/services-here.ts';
import { collectorHere, type CollectorHere, type SpanHere } from '../../gateway/traces/collector-here.ts';
import { testTemporal } from '../../testkit/temporal.ts';
import { plainPublish, readingOutput } from '../plain-publish.ts';
import { smallProduct } from '../small-product.ts';
import { answerBeside, startWorker, type WorkerProcess } from '../worker-process.ts';

const REFRESH = 'mutation Refreshing($id: ID!) { refresh(product: $id) { run { id traceId } } }';
const BASE = 'trial/base' as ProductId;
const TIP = 'trial/tip' as ProductId;
const ERROR = 2;

let collector: CollectorHere;
let gateway: GatewayHere;
let worker: WorkerProcess;
let base: string;

beforeAll(async () => {
  collector = await collectorHere();
  gateway = await gatewayHere({ config: { traces: collector.config } });
  const shape = {
    source: ['{ name: id, logicalType: integer, required: true }'],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'],
  };
  base = await smallProduct({ name: 'base', file: 'base.csv', content: 'id\n1\n2\n', ...shape });
  const tip = await smallProduct({ name: 'tip', content: null, ...shape, transform: 'select id * 10 as id from base' });
  const { pool } = gateway.database;
  await plainPublish(pool, base, { refresh: false });
  await plainPublish(pool, tip, {
    refresh: false,
    change: (files) => readingOutput(files, { of: 'base', by: 'tip' }),
  });
  worker = await startWorker({
    databaseUrl: gateway.database.url,
    temporal: await testTemporal(),
    home: await mkdtemp(join(tmpdir(), 'weft-traces-')),
    env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector.config.url, OTEL_BSP_SCHEDULE_DELAY: '20' },
  });
}, 120_000);

afterAll(async () => {
  await worker.stop();
  await gateway.close();
  await ended(collector.server);
}, 60_000);

/** A client's own trace: its ids, and the header that tells them. */
function clientTrace(flags: '00' | '01'): { traceId: string; spanId: string; traceparent: string } {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
}

async function refresh(traceparent: string): Promise<{ id: RunId; traceId: string }> {
  const answer = await gateway.ask(REFRESH, { id: BASE }, { authorization: `Bearer ${KEY}`, traceparent });
  expect(answer.errors).toBeUndefined();
  return answer.data.refresh.run;
}

/** The run's own span, which comes last. */
function spanOf(run: RunId): Promise<SpanHere> {
  return collector.span(({ name, attributes }) => name === 'refresh' && attributes['weft.run'] === run);
}

function over(id: RunId): Promise<RunRow> {
  return answerBeside(worker, async () => {
    const run = await requireRun(gateway.database.pool, id);
    return ['succeeded', 'failed'].includes(run.phase) && run;
  });
}

test('a refresh is one trace, from the client’s request to the stages of the run and of those that follow it', async () => {
  const client = clientTrace('01');
  const asked = await refresh(client.traceparent);
  expect(asked.traceId).toBe(client.traceId);
  const run = await spanOf(asked.id);
  const request = await collector.span(({ name }) => name === 'mutation Refreshing');
  expect(request).toMatchObject({ traceId: client.traceId, parentSpanId: client.spanId });
  expect(run).toMatchObject({
    traceId: client.traceId,
    parentSpanId: request.spanId,
    status: { code: 0 },
    attributes: { 'weft.product': BASE, 'weft.trigger': 'manual', 'weft.outcome': 'succeeded' },
  });
  const stages = collector.below(run).filter(({ name }) => name !== 'refresh');
  expect(stages.map(({ name }) => name)).toEqual([...STAGES]);
  expect(stages[1]).toMatchObject({
    traceId: client.traceId,
    attributes: { 'weft.run': asked.id, 'weft.product': BASE, 'weft.attempt': 1, 'weft.stage.rowsLanded': 2 },
  });
  for (const { startTimeUnixNano: began, endTimeUnixNano: end } of stages) {
    expect(BigInt(began)).toBeGreaterThanOrEqual(BigInt(run.startTimeUnixNano));
    expect(BigInt(end)).toBeLessThanOrEqual(BigInt(run.endTimeUnixNano));
  }
  const { resource } = collector.requests.at(-1)!.body.resourceSpans[0];
  expect(resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'weft-worker' } });

  const tip = await collector.span(({ name, attributes }) => name === 'refresh' && attributes['weft.product'] === TIP);
  expect(tip).toMatchObject({
    traceId: client.traceId,
    parentSpanId: run.spanId,
    attributes: { 'weft.trigger': 'upstream' },
  });
  expect(collector.below(tip)).toHaveLength(STAGES.length);
}, 60_000);

test('a run that nobody’s trace asked for begins one, and says what failed without a value', async () => {
  await writeFile(join(base, 'base.csv'), 'id\n1\ns3cret\n');
  const { runId } = await transaction(gateway.database.pool, (trx) =>
    requestRun(trx, { runId: randomUUID() as RunId, productId: BASE, trigger: 'schedule', requestedBy: 'schedule' }),
  );
  const run = await spanOf(runId);
  expect(run).toMatchObject({ traceId: runId.replaceAll('-', ''), status: { code: ERROR } });
  expect(run.parentSpanId).toBeUndefined();
  const { error } = await over(runId);
  expect(run.attributes).toMatchObject({ 'weft.outcome': 'failed', 'error.type': error!.code });
  const stages = collector.below(run);
  expect(stages.at(-1)).toMatchObject({
    status: { code: ERROR },
    attributes: { 'weft.outcome': 'refused', 'error.type': error!.code },
  });
  expect(stages.slice(0, -1).map(({ status }) => status.code)).toEqual(stages.slice(0, -1).map(() => 0));
  expect(JSON.stringify(collector.requests.map(({ body }) => body))).not.toContain('s3cret');
  const { data } = await gateway.order('query ($id: ID!) { run(id: $id) { traceId } }', { id: runId });
  expect(data.run.traceId).toBe(run.traceId);
}, 60_000);

test('what the client’s trace does not record is not recorded, and a collector that is away holds up nothing', async () => {
  await writeFile(join(base, 'base.csv'), 'id\n1\n');
  const client = clientTrace('00');
  const { id } = await refresh(client.traceparent);
  expect((await over(id)).traceparent).toMatch(new RegExp(`^00-${client.traceId}-[0-9a-f]{16}-00$`));
  collector.statuses.push(500, 500, 500, 500);
  const other = await refresh(clientTrace('01').traceparent);
  expect(await over(other.id)).toMatchObject({ phase: 'succeeded' });
  expect(collector.spans.filter(({ traceId }) => traceId === client.traceId)).toEqual([]);
}, 60_000);
