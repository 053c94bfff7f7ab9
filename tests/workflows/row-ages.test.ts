import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { ProductId } from '../../schema/ids.ts';
import { lateSince } from '../../schema/ledger/slo-standings.ts';
import type { RefreshDeps } from '../../workflows/refresh/stage.ts';
import { judgeRetention } from '../../workflows/slo/judge-retention.ts';
import type { SeenRows } from '../../workflows/slo/row-ages.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { plainPublish } from './plain-publish.ts';
import { refreshDeps, refreshHere } from './refresh-here.ts';
import { smallProduct } from './small-product.ts';

const DAY_MS = 86_400_000;

let database: TestDatabase;
let deps: RefreshDeps;

beforeAll(async () => {
  database = await cloneDatabase();
  deps = await refreshDeps(database);
});
afterAll(() => database.drop());

const at = (daysAgo: number): string => new Date(Date.now() - daysAgo * DAY_MS).toISOString();
const rows = (...daysAgo: number[]): string => `id,at\n${daysAgo.map((days, id) => `${id},${at(days)}\n`).join('')}`;

async function published(name: string, content: string, sla: string[]): Promise<{ id: ProductId; file: string }> {
  const time = '{ name: at, logicalType: timestamp }';
  const folder = await smallProduct({
    name,
    content,
    source: ['{ name: id, logicalType: integer, required: true }', time],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }', time],
    sla,
  });
  const { product } = await plainPublish(database.pool, folder, { refresh: false });
  expect(await refreshHere(deps, product.id)).toMatchObject({ phase: 'succeeded' });
  return { id: product.id, file: join(folder, 'things.csv') };
}

const seen: SeenRows = new Map();

async function missed(id: ProductId): Promise<string[]> {
  await judgeRetention({ pool: database.pool }, seen);
  return (await lateSince(database.pool, id)).map(({ property, promised }) => `${property} ${promised}`);
}

async function becomes(id: ProductId, file: string, content: string): Promise<void> {
  await writeFile(file, content);
  await utimes(file, new Date(), new Date(Date.now() - DAY_MS));
  expect(await refreshHere(deps, id)).toMatchObject({ phase: 'succeeded' });
}

test('a retention that names an element is of rows: what is older is told, until it is gone', async () => {
  const { id, file } = await published('olden', rows(1, 29), [
    '{ property: retention, value: 30, unit: d, element: olden.at }',
  ]);
  expect(await missed(id)).toEqual([]);
  await becomes(id, file, rows(1, 40));
  expect(await missed(id)).toEqual(['retention 30 d']);
  await becomes(id, file, rows(1, 30.5));
  expect(await missed(id)).toEqual([]);
});

test('without an element a retention says nothing of rows', async () => {
  const { id } = await published('whole', rows(4_000), ['{ property: retention, value: 30, unit: d }']);
  expect(await missed(id)).toEqual([]);
});

test('a latency that names an element is the time from a row to its version', async () => {
  const { id, file } = await published('laggard', rows(9, 5), [
    '{ property: latency, value: 4, unit: d, element: at }',
  ]);
  expect(await missed(id)).toEqual(['latency 4 d']);
  await becomes(id, file, rows(9, 3));
  expect(await missed(id)).toEqual([]);
});

test('a version is looked at once, and one without rows promises nothing', async () => {
  const { id } = await published('looked', rows(1), ['{ property: retention, value: 30, unit: d, element: at }']);
  expect(await missed(id)).toEqual([]);
  await database.pool.query(`update trial.looked__1 set at = '2001-01-01'`);
  expect(await missed(id)).toEqual([]);
  seen.delete(id);
  expect(await missed(id)).toEqual(['retention 30 d']);
  await database.pool.query('delete from trial.looked__1');
  seen.delete(id);
  expect(await missed(id)).toEqual([]);
});
