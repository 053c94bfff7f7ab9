import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';

import type { ProductId, RunId } from '../../../schema/ids.ts';
import { transaction } from '../../../schema/ledger/connect.ts';
import { keepLineageReceivers } from '../../../schema/ledger/lineage-receivers.ts';
import { runEvents } from '../../../schema/ledger/run-events.ts';
import { cancelRun, requestRun, requireRun, type RunRow } from '../../../schema/ledger/runs.ts';
import { type Deliveries, openDeliveries } from '../../../workflows/notify/deliver.ts';
import {
  lineageReceivers,
  type OpenLineageConfig,
  openLineageSenders,
} from '../../../workflows/notify/open-lineage.ts';
import { pinInputs } from '../../../workflows/refresh/pin.ts';
import type { RefreshDeps } from '../../../workflows/refresh/stage.ts';
import { expectValid } from '../../schema/contract/official-open-lineage.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { plainPublish } from '../plain-publish.ts';
import { finishHere, refreshDeps, refreshHere } from '../refresh-here.ts';
import { smallProduct } from '../small-product.ts';
import { openReceiver, type Receiver } from './receiver.ts';

const SOURCE = ['{ name: id, logicalType: integer, required: true }', '{ name: name, logicalType: string }'];
const OUTPUT = [
  '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }',
  '{ name: name, logicalType: string, quality: [{ metric: nullValues, mustBe: 0, severity: warning }] }',
];
const TIP = 'trial/tip' as ProductId;
const BASE = 'trial/base' as ProductId;

interface Event {
  readonly eventType: string;
  readonly run: { readonly runId: string; readonly facets: Readonly<Record<string, unknown>> };
  readonly inputs: readonly unknown[];
  readonly outputs: readonly unknown[];
}

let database: TestDatabase;
let deps: RefreshDeps;
let receiver: Receiver;
let config: OpenLineageConfig;
let deliveries: Deliveries;
let senders: ReturnType<typeof openLineageSenders>;

beforeAll(async () => {
  database = await cloneDatabase();
  deps = await refreshDeps(database);
  receiver = await openReceiver();
  const file = join(await mkdtemp(join(tmpdir(), 'weft-lineage-')), 'events.ndjson');
  config = { url: `${receiver.url}/api/v1/lineage`, file };
  await transaction(database.pool, (trx) => keepLineageReceivers(trx, lineageReceivers(config)));
  senders = openLineageSenders(config, {
    pool: database.pool,
    secrets: (name) => (name === 'OPENLINEAGE_API_KEY' ? 's3cret' : null),
  });
  deliveries = openDeliveries({ pool: database.pool, senders: senders.senders, log: pino({ level: 'silent' }) });
  const base = await smallProduct({
    name: 'base',
    file: 'base.csv',
    content: 'id,name\n1,one\n2,\n',
    source: SOURCE,
    output: OUTPUT,
  });
  const tip = await smallProduct({ name: 'tip', content: 'id\n1\n', source: SOURCE.slice(0, 1), output: OUTPUT });
  await plainPublish(database.pool, base, { refresh: false });
  await plainPublish(database.pool, tip, {
    refresh: false,
    change: (files) => [
      ...files
        .filter(({ path }) => path !== 'source.odcs.yaml')
        .map((one) => ({ ...one, text: one.text.replace('trial/tip/source', 'trial/base/output') })),
      { path: 'transform.sql', text: 'select id * 10 as id, upper(name) as name from base' },
    ],
  });
}, 60_000);
afterAll(async () => {
  await deliveries.stop();
  await senders.close();
  await receiver.close();
  await database.drop();
});

/** What was told of the run, sent to the end. */
async function told({ id }: Pick<RunRow, 'id'>): Promise<Event[]> {
  for (;;) {
    await deliveries.look();
    await deliveries.idle();
    const { rows } = await database.pool.query('select from weft.deliveries where ended_at is null');
    if (rows.length === 0) break;
  }
  return receiver.received.map(({ body }) => body as Event).filter(({ run }) => run.runId === id);
}

describe('a run that succeeds', () => {
  let run: RunRow;
  let events: Event[];
  beforeAll(async () => {
    await refreshHere(deps, BASE);
    run = await refreshHere(deps, TIP);
    events = await told(run);
  }, 60_000);

  test('is told from its start to its end, in order, with the key', () => {
    expect(events.map(({ eventType }) => eventType)).toEqual([
      'START',
      'RUNNING',
      'RUNNING',
      'RUNNING',
      'RUNNING',
      'COMPLETE',
    ]);
    expect(receiver.received[0]).toMatchObject({
      path: '/api/v1/lineage',
      headers: { authorization: 'Bearer s3cret', 'content-type': 'application/json' },
    });
  });

  test('is told in events that are valid by the official schemas, and each facet is', () => {
    for (const event of events) expectValid(event as unknown as Record<string, unknown>, { facets: 6 });
  });

  test('tells what it read and made, from which columns, and what was found of its quality', () => {
    const facets = expect.objectContaining({
      version: expect.objectContaining({ datasetVersion: '1' }),
      schema: expect.anything(),
    });
    expect(events.at(-1)).toMatchObject({
      inputs: [
        {
          namespace: 'weft://trial',
          name: 'base.base',
          facets,
          inputFacets: { inputStatistics: { rowCount: 2 } },
        },
      ],
      outputs: [
        {
          namespace: 'weft://trial',
          name: 'tip.tip',
          facets: {
            version: { datasetVersion: '1' },
            lifecycleStateChange: { lifecycleStateChange: 'CREATE' },
            columnLineage: { fields: { name: { inputFields: [{ name: 'base.base', field: 'name' }] } } },
            dataQualityMetrics: { rowCount: 2, columnMetrics: { name: { nullCount: 1 } } },
            dataQualityAssertions: {
              assertions: [{ assertion: 'nullValues', success: false, severity: 'warn', column: 'name', actual: '1' }],
            },
            ownership: { owners: [{ name: 'team:Trial' }, { name: 'user:trial@example.org', type: 'owner' }] },
          },
          outputFacets: { outputStatistics: { rowCount: 2 } },
        },
      ],
    });
  });

  test('says of a stage only what was known by then', () => {
    const landed = events[2]!;
    expect(JSON.stringify(landed)).not.toContain('outputStatistics');
    expect(landed.run.facets).toMatchObject({
      weft_run: { stages: [{ stage: 'extract' }, { stage: 'land', state: 'done' }] },
    });
  });

  test('is told in the graph as it is told outside', async () => {
    expect(await runEvents(database.pool, run.id)).toEqual(events);
  });

  test('is appended to the file, one event a line', async () => {
    const lines = (await readFile(config.file!, 'utf8')).trim().split('\n');
    const inFile = lines.map((line) => JSON.parse(line) as Event).filter(({ run: { runId } }) => runId === run.id);
    expect(inFile).toEqual(events);
  });
});

test('a run that fails tells why', async () => {
  await writeFile(join(await baseFolder(), 'base.csv'), 'id\n1\n');
  const events = await told(await refreshHere(deps, BASE));
  expect(events.at(-1)).toMatchObject({
    eventType: 'FAIL',
    run: { facets: { errorMessage: { message: expect.stringMatching(/^SOURCE_\w+: /) } } },
  });
  expectValid(events.at(-1) as unknown as Record<string, unknown>, { facets: 4 });
});

test('a run that is called off is told as aborted, with a beginning, and what caused a run is its parent', async () => {
  const id = randomUUID() as RunId;
  await transaction(database.pool, (trx) =>
    requestRun(trx, { runId: id, productId: TIP, trigger: 'upstream', requestedBy: 'weft', scheduledFor: new Date(0) }),
  );
  await pinInputs(deps, { runId: id, productId: TIP, domain: 'trial' as never, trigger: 'upstream' });
  await transaction(database.pool, (trx) => cancelRun(trx, id));
  const events = await told({ id });
  expect(events.map(({ eventType }) => eventType)).toEqual(['START', 'ABORT']);
  expect(events[0]?.run.facets).toMatchObject({
    nominalTime: { nominalStartTime: '1970-01-01T00:00:00.000Z' },
    parent: { job: { namespace: 'weft://trial', name: 'base' } },
  });
});

test('stages that are tried again make no second run and tell no event twice', async () => {
  const { runId } = await transaction(database.pool, (trx) =>
    requestRun(trx, {
      runId: randomUUID() as RunId,
      productId: TIP,
      trigger: 'manual',
      requestedBy: 'test',
      fullLoad: true,
    }),
  );
  const asked = await requireRun(database.pool, runId);
  await pinInputs(deps, { runId, productId: TIP, domain: 'trial' as never, trigger: 'manual' });
  await finishHere(deps, asked);
  await finishHere(deps, asked);
  expect((await told(asked)).map(({ eventType }) => eventType)).toHaveLength(6);
});

test('a file that has grown large is put aside', async () => {
  const file = config.file!;
  await truncate(file, 64 * 1024 * 1024);
  await told(await refreshHere(deps, TIP));
  expect(await readdir(dirname(file))).toEqual(['events.ndjson', expect.stringMatching(/^events\.ndjson\.\d{4}-/)]);
});

async function baseFolder(): Promise<string> {
  const { rows } = await database.pool.query<{ folder: string }>(
    `select folder from weft.product_revisions where product_id = 'trial/base'`,
  );
  return rows[0]!.folder;
}
