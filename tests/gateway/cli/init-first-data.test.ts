import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

import type { ProductId } from '../../../schema/ids.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { freePorts } from '../../testkit/free-port.ts';
import { firstMessage } from '../../testkit/processes.ts';
import { refreshDeps, refreshHere } from '../../workflows/refresh-here.ts';
import { folderOf, weft, type Ran } from './weft.ts';

const MAIN = fileURLToPath(new URL('../../../gateway/main.ts', import.meta.url));
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const DATA = fileURLToPath(new URL('../../../node_modules/vega-datasets/data', import.meta.url));
const KEY = 'weft_admin_of_this_test';
// Roles are the cluster's.
const READER = `parcels_reader_${randomBytes(4).toString('hex')}`;
const PASSWORD = 'not-to-be-written';

let database: TestDatabase;
let gateway: ChildProcess;
let env: Record<string, string>;
const place = folderOf({
  'flights.csv': `flight no;origin_iata;late by;note\n${Array.from(
    { length: 120 },
    (_, at) => `F${at};${['JFK', 'SEA', 'LAX'][at % 3]};${at};${at % 2 === 0 ? 'x' : ''}`,
  ).join('\n')}\n`,
});

const ask = (...args: string[]): Promise<Ran> => weft(args, { env, cwd: place.path });

beforeAll(async () => {
  database = await cloneDatabase();
  const [port] = await freePorts(1);
  env = { WEFT_URL: `http://127.0.0.1:${port}`, WEFT_KEY: KEY };
  gateway = fork(MAIN, {
    execArgv: ['--import', LOADER],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      DATABASE_URL: database.url,
      PORT: String(port),
      WEFT_ADMIN_KEY: KEY,
      ...secretOf(database.url),
    },
  });
  await firstMessage(gateway);
}, 60_000);

afterAll(async () => {
  const over = new Promise((resolve) => gateway.once('exit', resolve));
  gateway.kill('SIGTERM');
  await over;
  place.remove();
  await database.pool.query(`drop owned by ${READER}; drop role ${READER}`);
  await database.drop();
});

/** The password under the name by which the draft refers to it. */
function secretOf(url: string): Record<string, string> {
  return { [`WEFT_SECRET_${new URL(url).pathname.slice(1).toUpperCase()}_PASSWORD`]: PASSWORD };
}

/** Publishes a drafted folder as it stands, and loads its first data. */
async function live(folder: string, id: string): Promise<void> {
  const published = await ask('publish', folder, '--no-refresh', '--json');
  expect(published.json()).toMatchObject({ outcome: 'published', products: [{ id }] });
  const deps = await refreshDeps(database);
  const run = await refreshHere(deps, id as ProductId);
  expect([run.phase, run.error]).toEqual(['succeeded', null]);
}

/** The gateway hears of data a moment after it is there. */
async function answered(query: string, isThere: (text: string) => boolean): Promise<unknown> {
  let ran = await ask('query', query);
  for (const until = Date.now() + 15_000; !(ran.code === 0 && isThere(ran.out)) && Date.now() < until;) {
    await sleep(200);
    ran = await ask('query', query);
  }
  return ran.json<{ data: unknown }>().data;
}

test('what was drafted of two files is published and loaded as it stands, and the second refers to the first by its values', async () => {
  const first = await ask('init', 'network/airports', '--from', join(DATA, 'airports.csv'));
  expect(first.code).toBe(0);
  await live('airports', 'network/airports');
  await answered('{ airports(first: 1) { totalCount } }', (text) => text.includes('3376'));

  const second = await ask('init', 'operations/flights', '--from', 'flights.csv');
  expect(second.code).toBe(0);
  const contract = readFileSync(join(place.path, 'flights/flights.odcs.yaml'), 'utf8');
  expect(contract).toContain('# guess: its name says Airport.iata, and 3 of 3 values are there');
  expect(contract).toMatch(
    /relationships:\n +- to: airports\.iata\n +customProperties:\n +- property: product\n +value: network\/airports/,
  );
  const checked = await ask('check', 'flights', '--json');
  expect(checked.json()).toMatchObject({ passed: true, checkedBy: ['offline', 'server'], counts: { errors: 0 } });
  // What policies advise is the author's to write.
  const { findings } = checked.json<{ findings: { code: string }[] }>();
  expect(findings.filter(({ code }) => code !== 'DESCRIPTION' && code !== 'SLA')).toEqual([]);
  await live('flights', 'operations/flights');
  const query = '{ flight(flightNo: "F1") { lateBy note origin { iata city } } flights { totalCount } }';
  expect(await answered(query, (text) => text.includes('Seattle'))).toEqual({
    flight: { lateBy: 1, note: null, origin: { iata: 'SEA', city: 'Seattle' } },
    flights: { totalCount: '120' },
  });
}, 120_000);

test('what was drafted of a Postgres is published as it stands, and read where it lies', async () => {
  await database.pool.query(`
    create table public.parcels ("Parcel No" text primary key, weight numeric(6, 2), sent_at timestamptz not null);
    insert into public.parcels select 'P' || n, n * 1.5, timestamptz '2026-01-01 00:00Z' + n * interval '1 day' from generate_series(1, 40) n`);
  const from = new URL(database.url);
  from.username = READER;
  from.password = PASSWORD;
  await database.pool.query(`
    create role ${READER} login password '${PASSWORD}';
    grant usage on schema public to ${READER};
    grant select on public.parcels to ${READER}`);
  expect((await ask('init', 'post/parcels', '--from', from.href, '--table', 'parcels')).code).toBe(0);
  const checked = await ask('check', 'parcels', '--json');
  expect(checked.json()).toMatchObject({ passed: true, checkedBy: ['offline', 'server'], counts: { errors: 0 } });
  // What policies advise is the author's to write.
  const { findings } = checked.json<{ findings: { code: string }[] }>();
  expect(findings.filter(({ code }) => code !== 'DESCRIPTION' && code !== 'SLA')).toEqual([]);
  const published = await ask('publish', 'parcels', '--json');
  expect(published.json()).toMatchObject({ outcome: 'published', products: [{ id: 'post/parcels', state: 'live' }] });
  const query = '{ parcel(parcelNo: "P2") { weight sentAt } parcels { totalCount } }';
  expect(readFileSync(join(place.path, 'parcels/parcels.odcs.yaml'), 'utf8')).not.toContain(PASSWORD);
  expect(await answered(query, (text) => text.includes('40'))).toEqual({
    parcel: { weight: '3.00', sentAt: '2026-01-03T00:00:00.000Z' },
    parcels: { totalCount: '40' },
  });
}, 60_000);
