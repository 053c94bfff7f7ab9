import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';

import type { ProductFile } from '../../schema/contract/model.ts';
import type { ProductId, RunId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { emit, markHandled } from '../../schema/ledger/events.ts';
import { moveProduct } from '../../schema/ledger/move-product.ts';
import type { RefreshDeps } from '../../workflows/refresh/stage.ts';
import { relayEvents } from '../../workflows/relay.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { testTemporal } from '../testkit/temporal.ts';
import { plainPublish } from './plain-publish.ts';
import { TOLD_NOBODY, UNOBSERVED } from './told-nobody.ts';
import { refreshDeps, refreshHere } from './refresh-here.ts';
import { smallProduct } from './small-product.ts';

const SOURCE = ['{ name: id, logicalType: integer, required: true }'];
const OUTPUT = ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'];

let database: TestDatabase;
let deps: RefreshDeps;
let connection: Connection;
let relay: () => Promise<void>;
let client: Client;

beforeAll(async () => {
  database = await cloneDatabase();
  deps = await refreshDeps(database);
  const { address, namespace } = await testTemporal();
  connection = await Connection.connect({ address });
  client = new Client({ connection, namespace });
  const log = pino({ level: 'silent' });
  relay = () =>
    relayEvents(
      {
        pool: database.pool,
        databaseUrl: database.url,
        client,
        log,
        newRunId: () => randomUUID() as RunId,
        observer: UNOBSERVED,
        alerts: TOLD_NOBODY,
      },
      new AbortController().signal,
    );
}, 60_000);

afterAll(async () => {
  await connection.close();
  await database.drop();
});

/** Forgets the events so far, does it, and answers which runs the events since then led to. */
async function runsAfter(act: () => Promise<unknown>): Promise<unknown[]> {
  const { rows: former } = await database.pool.query<{ id: number }>('select id::int from weft.events');
  await markHandled(
    database.pool,
    former.map(({ id }) => id),
  );
  await act();
  await relay();
  const { rows } = await database.pool.query(
    `select product_id as product, revision, trigger from weft.runs where phase = 'queued' order by requested_at`,
  );
  return rows;
}

test('a revision that waits for data is run when an input that it has of new gets its first data', async () => {
  const make = (name: string, content: string) =>
    smallProduct({ name, file: `${name}.csv`, content, source: SOURCE, output: OUTPUT });
  const [tip, base] = await Promise.all([make('tip', 'id\n1\n'), make('base', 'id\n2\n')]);
  await plainPublish(database.pool, tip, { refresh: false });
  expect(await refreshHere(deps, 'trial/tip' as ProductId)).toMatchObject({ phase: 'succeeded' });
  await plainPublish(database.pool, base, { refresh: false });
  const rebased = (files: ProductFile[]): ProductFile[] => [
    ...files
      .filter(({ path }) => path !== 'source.odcs.yaml')
      .map((file) => ({ ...file, text: file.text.replace('trial/tip/source', 'trial/base/output') })),
    { path: 'transform.sql', text: 'select id * 10 as id from base' },
  ];
  await plainPublish(database.pool, tip, { refresh: false, change: rebased });
  expect(await runsAfter(() => refreshHere(deps, 'trial/base' as ProductId))).toEqual([
    { product: 'trial/tip', revision: 2, trigger: 'upstream' },
  ]);
});

test('the schedule of a product follows its name, paused where it was paused', async () => {
  const folder = await smallProduct({ name: 'clock', content: 'id\n1\n', source: SOURCE, output: OUTPUT });
  const daily = (files: ProductFile[]): ProductFile[] =>
    files.map((file) =>
      file.path === 'clock.odcs.yaml'
        ? { ...file, text: `${file.text}slaProperties: [{ property: frequency, value: 1, unit: d }]\n` }
        : file,
    );
  await plainPublish(database.pool, folder, { refresh: false, change: daily });
  await relay();
  await client.schedule.getHandle('refresh:trial/clock').pause('for the night');
  await transaction(database.pool, async (trx) => {
    await moveProduct(trx, { from: 'trial/clock' as ProductId, to: 'trial/watch' as ProductId, by: 'test' });
    await emit(trx, {
      type: 'product.renamed',
      subject: 'trial/watch',
      payload: { from: 'trial/clock', consumers: [] },
    });
  });
  await database.pool.query(
    `update weft.product_revisions set digest = digest || 'w', files = replace(files::text, 'name: clock\\nversion', 'name: watch\\nversion')::jsonb
      where product_id = 'trial/watch'`,
  );
  await relay();
  const { state, action } = await client.schedule.getHandle('refresh:trial/watch').describe();
  expect([state.paused, state.note]).toEqual([true, 'for the night']);
  expect(action).toMatchObject({ args: [{ productId: 'trial/watch' }] });
  await expect(client.schedule.getHandle('refresh:trial/clock').describe()).rejects.toThrow('not found');
}, 30_000);
