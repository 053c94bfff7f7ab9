import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { openPool, type Pool, transaction } from '../../schema/ledger/connect.ts';
import { liveDataset } from '../../schema/ledger/datasets.ts';
import type { Expectation } from '../../schema/expectation.ts';
import type { ProductId } from '../../schema/ids.ts';
import { READER, roleUrl } from '../../schema/ledger/roles.ts';
import { stagesOf } from '../../schema/ledger/runs.ts';
import { addSubscription } from '../../schema/ledger/subscriptions.ts';
import { openSubgraph } from '../../subgraphs/managed/open-subgraph.ts';
import type { RefreshDeps } from '../../workflows/refresh/stage.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { plainPublish } from './plain-publish.ts';
import { refreshDeps, refreshHere } from './refresh-here.ts';
import { smallProduct } from './small-product.ts';

let database: TestDatabase;
let reader: Pool;
let deps: RefreshDeps;

beforeAll(async () => {
  database = await cloneDatabase();
  const given = await refreshDeps(database);
  reader = openPool(roleUrl(database.url, READER), { name: 'reader', max: 2 });
  deps = { ...given, openSubgraph: openSubgraph({ quick: reader, slow: reader }) };
});
afterAll(async () => {
  await reader.end();
  await database.drop();
});

const ROWS = 'id,label\n1,one\n2,two\n';

/** A product with data, and how its source changes. */
async function published(name: string, load?: Readonly<Record<string, unknown>>) {
  const properties = ['{ name: id, logicalType: integer, required: true }', '{ name: label, logicalType: string }'];
  const folder = await smallProduct({
    name,
    content: ROWS,
    source: load === undefined ? properties : [keyed(properties[0]!), properties[1]!],
    output: [keyed(properties[0]!), properties[1]!],
    ...(load !== undefined && { load }),
  });
  const { product } = await plainPublish(database.pool, folder, { refresh: false });
  expect(await refreshHere(deps, product.id)).toMatchObject({ phase: 'succeeded', datasetVersion: 1 });
  return {
    id: product.id,
    folder,
    refresh: async (rows: string) => {
      await writeFile(join(folder, 'things.csv'), rows);
      return refreshHere(deps, product.id);
    },
  };
}

const keyed = (property: string) => property.replace(' }', ', primaryKey: true, primaryKeyPosition: 1 }');

function subscribe(productId: ProductId, text: string, expects: Expectation, variables: object | null = null) {
  const coordinates = [...text.matchAll(/\b[a-z]\w+/g)].map(([field]) => `Query.${field}`);
  const operation = {
    name: 'weekly.graphql',
    text,
    coordinates,
    expects,
    variables: variables as Readonly<Record<string, unknown>> | null,
  };
  return transaction(database.pool, (trx) =>
    addSubscription(trx, { productId, consumer: 'reports', purpose: null, operations: [operation] }),
  );
}

test('data that is not as a consumer expects does not go live, and names whom it would break and why', async () => {
  const { id, refresh } = await published('bolts');
  await subscribe(
    id,
    'query ($label: String) { bolts(where: { label: { eq: $label } }) { nodes { id label } } }',
    { errors: 'none', atLeast: 1, partOf: { bolts: { nodes: [{ id: '1' }] } } },
    { label: 'one' },
  );
  const { phase, error } = await refresh('id,label\n1,two\n2,two\n');
  expect([phase, error?.code]).toEqual(['failed', 'CONSUMER_BROKEN']);
  expect(error?.findings.map(({ message }) => message)).toEqual([
    'The operation weekly.graphql, which reports registered, would no longer be answered as expected: ' +
      'expected at least 1 rows in the first list, found 0; expected {"id":"1"} in bolts.nodes, found none such among 0.',
  ]);
  expect(error?.message).toContain('The last good version stays live.');
  expect(await liveDataset(database.pool, id)).toMatchObject({ version: 1 });

  const good = await refresh('id,label\n1,one\n3,three\n');
  expect(good).toMatchObject({ phase: 'succeeded', datasetVersion: 2 });
  const audit = (await stagesOf(database.pool, good.id)).find(({ stage }) => stage === 'audit');
  expect(audit?.detail).toMatchObject({ operationsAsked: 1 });
});

test('what was not as expected before is no fault of the run that does not mend it', async () => {
  const { id, refresh } = await published('nuts');
  await subscribe(id, '{ nuts { nodes { id } } }', { atLeast: { 'nuts.nodes': 3 } });
  expect(await refresh(ROWS)).toMatchObject({ phase: 'succeeded', datasetVersion: 2 });
  expect(await refresh('id,label\n1,a\n2,b\n3,c\n')).toMatchObject({ phase: 'succeeded', datasetVersion: 3 });
  expect((await refresh(ROWS)).error?.code).toBe('CONSUMER_BROKEN');
});

test('an operation across products is asked of the staged data of one and the live data of the other', async () => {
  const washers = await published('washers');
  const screws = await published('screws');
  const text = '{ washers { totalCount } screws { totalCount } }';
  await subscribe(washers.id, text, { partOf: { washers: { totalCount: '2' }, screws: { totalCount: '2' } } });
  const { error } = await screws.refresh('id,label\n1,one\n');
  expect(error?.message).toContain('expected "2" in screws.totalCount, found "1"');
  expect((await washers.refresh(ROWS)).phase).toBe('succeeded');
});

test('of a table that is kept from run to run the rows of the version to come are asked', async () => {
  const { id, refresh } = await published('rivets', { loadMode: 'merge' });
  await subscribe(id, '{ rivets { totalCount nodes { label } } }', {
    partOf: { rivets: { nodes: [{ label: 'two' }] } },
  });
  expect(await refresh('id,label\n1,first\n')).toMatchObject({ phase: 'succeeded', datasetVersion: 2 });
  expect((await refresh('id,label\n2,second\n')).error?.message).toContain('expected {"label":"two"} in rivets.nodes');
  expect(await liveDataset(database.pool, id)).toMatchObject({ version: 2 });
});

test('a revision of another shape is asked before it is live, and those of other products are left alone', async () => {
  const { id, folder } = await published('pins');
  const { id: other, refresh } = await published('clips');
  await subscribe(id, '{ pins { nodes { id label } } }', { atLeast: 2 });
  const change = (files: readonly { path: string; text: string }[]) =>
    files.map((file) => ({
      ...file,
      text: file.text.replaceAll(/^( {6}- \{ name: label,.*)$/gm, '$1\n      - { name: colour, logicalType: string }'),
    }));
  await plainPublish(database.pool, folder, { refresh: false, change });
  await writeFile(join(folder, 'things.csv'), 'id,label,colour\n1,one,red\n');
  expect((await refreshHere(deps, id)).error?.code).toBe('CONSUMER_BROKEN');
  expect((await refresh('id,label\n9,nine\n')).phase).toBe('succeeded');
  expect(await liveDataset(database.pool, other)).toMatchObject({ version: 2 });
});
