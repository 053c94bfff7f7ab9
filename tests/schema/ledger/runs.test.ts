import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ProductId, RunId } from '../../../schema/ids.ts';
import { transaction } from '../../../schema/ledger/connect.ts';
import { takeEvents } from '../../../schema/ledger/events.ts';
import {
  beginStage,
  cancelRun,
  endStage,
  failRun,
  requestDueRun,
  requestRun,
  requireRun,
  runHistory,
  stagesOf,
  startRun,
  succeedRun,
} from '../../../schema/ledger/runs.ts';
import { RUN_TABLE, type RunEvent, type RunPhase } from '../../../schema/run.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { storeRevision } from './store-revision.ts';

const AIRPORTS = 'network/airports' as ProductId;
let database: TestDatabase;

beforeAll(async () => {
  database = await cloneDatabase();
});
afterAll(() => database.drop());

beforeEach(async () => {
  await database.pool.query('truncate weft.domains, weft.events cascade');
  await publish('live');
});

function publish(state: 'live' | 'pending'): Promise<number> {
  return storeRevision(database.pool, AIRPORTS, { state });
}

function request(productId = AIRPORTS): Promise<{ runId: RunId; joined: boolean }> {
  const runId = randomUUID() as RunId;
  return transaction(database.pool, (trx) =>
    requestRun(trx, { runId, productId, trigger: 'manual', requestedBy: 'test' }),
  );
}

const EVENTS: Record<RunEvent, (id: RunId) => Promise<unknown>> = {
  start: (id) => transaction(database.pool, (trx) => startRun(trx, id, {})),
  succeed: (id) => transaction(database.pool, (trx) => succeedRun(trx, id, 1)),
  fail: (id) =>
    transaction(database.pool, (trx) => failRun(trx, id, { code: 'SOURCE_MISSING', message: 'gone', findings: [] })),
  cancel: (id) => transaction(database.pool, (trx) => cancelRun(trx, id)),
};

const PATHS: Record<RunPhase, RunEvent[]> = {
  queued: [],
  running: ['start'],
  succeeded: ['start', 'succeed'],
  failed: ['fail'],
  cancelled: ['cancel'],
};

describe('the ledger lets a run do what its table says', () => {
  const cases = Object.entries(RUN_TABLE).flatMap(([phase, events]) =>
    Object.entries(events).map(([event, next]) => ({ phase: phase as RunPhase, event: event as RunEvent, next })),
  );
  test.each(cases)('from $phase, $event leads to $next', async ({ phase, event, next }) => {
    const { runId } = await request();
    for (const step of PATHS[phase]) await EVENTS[step](runId);
    await EVENTS[event](runId).catch((error: unknown) => expect(error).toMatchObject({ code: 'RUN_SUPERSEDED' }));
    expect((await requireRun(database.pool, runId)).phase).toBe(next ?? phase);
  });
});

test('who asks while a run is under way joins it, even of twenty at once', async () => {
  const asked = await Promise.all(Array.from({ length: 20 }, () => request()));
  expect(new Set(asked.map(({ runId }) => runId)).size).toBe(1);
  expect(asked.filter(({ joined }) => !joined)).toHaveLength(1);
  const events = await transaction(database.pool, (trx) => takeEvents(trx, 100));
  expect(events.filter(({ type }) => type === 'refresh.requested')).toHaveLength(1);
});

test('a run takes the pending revision where there is one, else the live one', async () => {
  const first = await request();
  expect((await requireRun(database.pool, first.runId)).revision).toBe(1);
  await EVENTS.cancel(first.runId);
  const pending = await publish('pending');
  const second = await request();
  expect((await requireRun(database.pool, second.runId)).revision).toBe(pending);
});

test('a product that was never published is not refreshed', async () => {
  await expect(request('network/unknown' as ProductId)).rejects.toMatchObject({ code: 'NOT_REFRESHABLE' });
});

test('a stage that begins again counts its attempts, and the answer of the overtaken one changes nothing', async () => {
  const { runId } = await request();
  await EVENTS.start(runId);
  const { attempt: first } = await beginStage(database.pool, runId, 'land');
  const { attempt: second } = await beginStage(database.pool, runId, 'land');
  expect([first, second]).toEqual([1, 2]);
  await endStage(database.pool, runId, 'land', first, { rowsLanded: 1 });
  expect(await stagesOf(database.pool, runId)).toMatchObject([{ stage: 'land', state: 'running', attempt: 2 }]);
  await endStage(database.pool, runId, 'land', second, { rowsLanded: 2 });
  expect(await stagesOf(database.pool, runId)).toMatchObject([{ state: 'done', detail: { rowsLanded: 2 } }]);
});

test('no stage begins in a run that is over, but the announcement of one that succeeded', async () => {
  const { runId } = await request();
  await EVENTS.start(runId);
  await EVENTS.succeed(runId);
  await expect(beginStage(database.pool, runId, 'publish')).rejects.toMatchObject({ code: 'RUN_SUPERSEDED' });
  expect(await beginStage(database.pool, runId, 'announce')).toEqual({ attempt: 1, lost: 0 });
});

test('history comes newest first, page by page, each run once', async () => {
  const made: RunId[] = [];
  for (let count = 0; count < 5; count++) {
    const { runId } = await request();
    await EVENTS.cancel(runId);
    made.unshift(runId);
  }
  const first = await runHistory(database.pool, { limit: 3 });
  const second = await runHistory(database.pool, { limit: 3, before: first.at(-1)!.id });
  expect([...first, ...second].map(({ id }) => id)).toEqual(made);
  expect(await runHistory(database.pool, { limit: 3, phase: 'queued' })).toEqual([]);
});

test('a first run that failed is followed by one of the revision that was published meanwhile, once', async () => {
  const { runId: ended } = await request();
  await EVENTS.start(ended);
  const mended = await publish('live');
  await EVENTS.fail(ended);
  const due = () => transaction(database.pool, (trx) => requestDueRun(trx, { runId: randomUUID() as RunId, ended }));
  const next = await due();
  expect((await requireRun(database.pool, next!.runId)).revision).toBe(mended);
  expect(await due()).toBeNull();
});
